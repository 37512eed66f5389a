package faults

import (
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/cacheops/cacheops/internal/redistest"
)

// proxy is a network between processes and a server.
type proxy struct {
	t      testing.TB
	server string // its address
	*toxiproxy.Proxy
}

func startProxy(t testing.TB, server string) *proxy {
	t.Helper()
	p := &proxy{t: t, server: server}
	p.open("127.0.0.1:0")
	t.Cleanup(p.cut)
	return p
}

// open takes connections.
func (p *proxy) open(addr string) {
	p.t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p.Proxy = toxiproxy.NewProxy(server, "network", addr, p.server)
	if err := p.Start(); err != nil {
		p.t.Fatal(err)
	}
}

// poison has the network do something, which is told in JSON.
func (p *proxy) poison(toxics ...string) {
	p.t.Helper()
	for _, toxic := range toxics {
		if _, err := p.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// heal has the network do nothing any more. The connections stay.
func (p *proxy) heal() { p.Toxics.ResetToxics(p.t.Context()) }

// cut ends all connections, and takes none any more.
func (p *proxy) cut() { p.Stop() }

// mend takes connections again, after a cut, and does nothing to them.
func (p *proxy) mend() { p.open(p.Listen) }

// Toxics that lose what one side says.
const (
	noRequests = `{"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`
	noAnswers  = `{"type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`
)

// networkFaults are what a network may do.
var networkFaults = []struct {
	name  string
	fault func(l *load, p *proxy)
}{
	{"latency", while(`{"type": "latency", "attributes": {"latency": 200}}`)},
	{"little bandwidth", while(`{"type": "bandwidth", "attributes": {"rate": 20}}`)},
	{"in slices", while(`{"type": "slicer", "attributes": {"average_size": 20, "size_variation": 10, "delay": 2000}}`)},
	{"reset", with(`{"type": "reset_peer", "attributes": {"timeout": 20}}`)},
	{"half answers", with(`{"type": "limit_data", "attributes": {"bytes": 4000}}`)},
	{"requests are lost", with(noRequests)},
	{"answers are lost", with(noAnswers)},
	{"all is lost", with(noRequests, noAnswers)},
	{"cut", func(l *load, p *proxy) {
		p.cut()
		l.wait(*lasts)
		p.mend()
	}},
	{"cut again and again", func(l *load, p *proxy) {
		l.again(100*time.Millisecond, func() {
			p.cut()
			p.mend()
		})
	}},
}

// A network may be slow, cut, or lose what one side says. One process of three is not
// behind it, and goes on.
func TestNetwork(t *testing.T) {
	t.Parallel()
	for _, test := range networkFaults {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, unsaved)
			p := startProxy(t, s.Addr())
			url := "redis://" + p.Listen
			l := startLoad(t, url, url, s.URL())
			l.under(func() { test.fault(l, p) })
		})
	}
}

// while is the fault that the network does something, and no connection ends.
func while(toxics ...string) func(l *load, p *proxy) {
	return func(l *load, p *proxy) {
		p.poison(toxics...)
		l.wait(*lasts)
		p.heal()
	}
}

// with is the fault that the network does something until all connections are cut.
func with(toxics ...string) func(l *load, p *proxy) {
	return func(l *load, p *proxy) {
		p.poison(toxics...)
		l.wait(*lasts)
		p.cut()
		p.mend()
	}
}

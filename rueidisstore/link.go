package rueidisstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// incarnation is one life of a server as a master: its replication id. A server
// takes a new one when it starts, from whatever file, and when it is promoted, so
// that under one incarnation nothing is ever forgotten but by losing keys.
type incarnation [20]byte

// link is one connection to a server, over which nothing is read before the
// server has said who it is. When the connection ends, so does the link: there is
// no second connection under it that nobody has asked.
type link struct {
	wire   rueidis.DedicatedClient
	master incarnation
	// addr is where the client had its master when the link was made. It tells
	// when Sentinel made another server the master, while the old one goes on.
	addr string
	// asked is when the server was last asked who it is.
	asked atomic.Int64
}

// askEvery is how often a link in use asks the server again, to notice one that
// changed its part without ending its connections.
const askEvery = 100 * time.Millisecond

// started is the beginning of this package's own time.
var started = time.Now()

func sinceStart() int64 { return int64(time.Since(started)) }

// due reports whether the server should be asked again.
func (l *link) due() bool { return sinceStart()-l.asked.Load() > int64(askEvery) }

// silence is how long a server may not have said who it is before a call without an
// answer ends the link. A router that forgot a connection, or a server that lost its
// power, says nothing any more, and does not end the connection either.
const silence = time.Second

// silent reports whether a link is to be given up after a call that got no answer in
// its time. That call has asked the server who it is, if the last answer is so old.
func (l *link) silent(ctx context.Context) bool {
	return errors.Is(ctx.Err(), context.DeadlineExceeded) && sinceStart()-l.asked.Load() > int64(silence)
}

// left reports whether the client has gone to another server meanwhile.
func (l *link) left(client rueidis.Client) bool { return l.addr != "" && addrOf(client) != l.addr }

// whois is the question who the server is.
func whois(b rueidis.Builder) rueidis.Completed {
	return b.Info().Section("replication").Build()
}

// confirm looks at the answers to what a link in use asks.
func (l *link) confirm(a *admission, answers []rueidis.RedisResult) error {
	master, err := a.admit(answers)
	if err != nil {
		return err
	}
	if master != l.master {
		return errOtherServer
	}
	l.asked.Store(sinceStart())
	return nil
}

// parseMaster reads who a server is from INFO replication.
func parseMaster(info string) (incarnation, error) {
	var i incarnation
	if role := infoField(info, "role"); role != "master" {
		return i, fmt.Errorf("%w: its role is %q", errNotMaster, role)
	}
	id := infoField(info, "master_replid")
	if id == "" {
		return i, fmt.Errorf("%w: INFO replication tells no master_replid, by which a restart is noticed", errNotMaster)
	}
	if n, err := hex.Decode(i[:], []byte(id[:min(len(id), 2*len(i))])); err != nil || n != len(i) || len(id) != 2*len(i) {
		sum := sha256.Sum256([]byte(id))
		copy(i[:], sum[:])
	}
	return i, nil
}

// infoField returns a field of INFO's answer.
func infoField(info, name string) string {
	for line := range strings.SplitSeq(info, "\n") {
		if v, ok := strings.CutPrefix(line, name); ok && strings.HasPrefix(v, ":") {
			return strings.TrimRight(v[1:], "\r")
		}
	}
	return ""
}

// oldest is the oldest version that has what the scripts need.
const oldestMajor, oldestMinor = 6, 2

// checkVersion refuses servers that are too old.
func checkVersion(info string) error {
	version := infoField(info, "redis_version")
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	x, err := strconv.Atoi(major)
	if err != nil {
		return nil //nolint:nilerr // a server of another make: the scripts will tell
	}
	y, _ := strconv.Atoi(minor)
	if x < oldestMajor || x == oldestMajor && y < oldestMinor {
		return fmt.Errorf("%w: it is %s", ErrOld, version)
	}
	return nil
}

// addrOf is where a client has its server, "" where it does not tell: one that
// reads from replicas has several.
func addrOf(client rueidis.Client) string {
	nodes := client.Nodes()
	for addr := range nodes {
		if len(nodes) == 1 {
			return addr
		}
	}
	return ""
}

// dedicate takes a connection out of the client's pool. Where the program has
// emptied it the client waits for as long as that lasts, without a context. Then
// Close does not wait for it, and what comes too late goes back.
func dedicate(ctx context.Context, client rueidis.Client) (rueidis.DedicatedClient, error) {
	taken := make(chan rueidis.DedicatedClient)
	go func() {
		wire, giveBack := client.Dedicate()
		select {
		case taken <- wire:
		case <-ctx.Done():
			giveBack()
		}
	}()
	select {
	case wire := <-taken:
		return wire, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// newLink takes a connection out of the client's pool and asks who is there. The
// answer has to come in a time; taking the connection may take longer.
func newLink(ctx context.Context, client rueidis.Client, patience time.Duration, a *admission) (*link, error) {
	addr := addrOf(client) // first: a change in between ends the link too early
	wire, err := dedicate(ctx, client)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	l := &link{wire: wire, addr: addr}
	l.master, err = a.admit(wire.DoMulti(ctx, a.first(client.B())...))
	if err != nil {
		wire.Close()
		return nil, err
	}
	l.asked.Store(sinceStart())
	return l, nil
}

package rueidisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/rueidisstore/internal/envelope"
)

// The defaults of [Config].
const (
	DefaultPrefix          = "cacheops"
	DefaultConnections     = 1
	DefaultReadTimeout     = 100 * time.Millisecond
	DefaultWriteTimeout    = 2 * time.Second
	DefaultBackgroundFills = 64
	DefaultCompressFrom    = 16 << 10
)

// Config says which Redis it is, and how to use it. One of URL, Option and Client
// is required.
type Config struct {
	// URL names the server, with user, password and database number where they are
	// needed; see rueidis.ParseURL for all that it can say:
	//
	//	redis://user:password@localhost:6379/0
	//	rediss://localhost:6379                                  with TLS
	//	unix:///run/redis.sock?db=0
	//	redis://node1:7000?addr=node2:7000&addr=node3:7000       a Cluster
	//	redis://sentinel1:26379?addr=sentinel2:26379&master_set=mymaster
	//
	// A Cluster is recognised by itself, also where one address is given.
	URL string

	// Option is what a URL cannot say: client certificates, credentials that
	// change, a dialler. Fields that are zero get this package's defaults.
	Option *rueidis.ClientOption

	// Client is a client of the program's own. The store uses connections of its
	// own out of its pool, a few for each node, and leaves it open. The pool's size,
	// BlockingPoolSize, must have room for them. Its time-outs for connecting count.
	Client rueidis.Client

	// Prefix goes before every key. Programs with one prefix on one Redis share
	// their entries, and must, if they write one database. No braces or control
	// characters. Default: [DefaultPrefix].
	Prefix string

	// Connections is how many connections to each node carry the calls of all
	// goroutines. Default: [DefaultConnections].
	Connections int

	// ReadTimeout bounds how long a read waits for Redis before it goes to the
	// database. Default: [DefaultReadTimeout].
	ReadTimeout time.Duration

	// WriteTimeout bounds how long a fence or a bump waits for Redis. Default:
	// [DefaultWriteTimeout].
	WriteTimeout time.Duration

	// BackgroundFills is how many results may be on their way to Redis while
	// their readers go on; what comes on top is not stored. Default:
	// [DefaultBackgroundFills]. Negative: each reader waits until its result is
	// stored.
	BackgroundFills int

	// CompressFrom is the size, in bytes, from which results are compressed, if it
	// makes them an eighth smaller at least. It is that of the bytes that are stored.
	// 0 means [DefaultCompressFrom], and never where Keys are set: what length is
	// left tells something of what is encrypted, see the package's documentation.
	// Negative: never. Compressed results are read whatever it says.
	CompressFrom int

	// Keys encrypt results, with AES-256-GCM. The first encrypts; each decrypts what
	// was encrypted with it. Without any, results are not encrypted. With keys,
	// results that are not encrypted are misses.
	//
	// To take a new key into use, first add it behind the others in all processes,
	// then put it first in all, and leave the old one out when the longest TTL is
	// over. A key may encrypt 2^32 results, by all processes together: at 1,000 in a
	// second that is 49 days. See SpaceStats.Encrypted.
	Keys []Key

	// OnRefusal is told of results that are in Redis and valid by their stamps, and
	// are misses because they do not open: see [Refusal]. It is called by the
	// goroutine that reads, so it must be quick and safe for concurrent use. What it
	// panics with is dropped.
	OnRefusal func(context.Context, RefusalEvent)
}

// Key is a key that results are encrypted with. It is not printed with its secret.
type Key struct {
	// ID names the key. It is kept with each result, in the clear. Secrets that are
	// not the same must have IDs that are not the same. 1 to 32 bytes.
	ID string
	// Secret is 32 bytes from a good source of random numbers, such as crypto/rand;
	// no password. New copies it.
	Secret []byte `json:"-"`
}

// Format writes the key's ID, and not its secret, whatever the verb.
func (k Key) Format(w fmt.State, _ rune) { _, _ = fmt.Fprintf(w, "key %q", k.ID) }

// LogValue is the key's ID.
func (k Key) LogValue() slog.Value { return slog.StringValue("key " + k.ID) }

func (c Config) withDefaults() Config {
	c.Prefix = cmp.Or(c.Prefix, DefaultPrefix)
	c.Connections = cmp.Or(c.Connections, DefaultConnections)
	c.ReadTimeout = cmp.Or(c.ReadTimeout, DefaultReadTimeout)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, DefaultWriteTimeout)
	c.BackgroundFills = cmp.Or(c.BackgroundFills, DefaultBackgroundFills)
	if c.CompressFrom == 0 && len(c.Keys) > 0 {
		c.CompressFrom = -1
	}
	c.CompressFrom = cmp.Or(c.CompressFrom, DefaultCompressFrom)
	return c
}

// maxConnections bounds Config.Connections: more only cost memory.
const maxConnections = 64

var errNoServer = errors.New("cacheops: rueidisstore: no server: set Config.URL, for example redis://localhost:6379, or Config.Option, or Config.Client")

// newEnvelope makes what results are put into.
func (c *Config) newEnvelope() (*envelope.Envelope, error) {
	keys := make([]envelope.Key, len(c.Keys))
	for i, k := range c.Keys {
		keys[i] = envelope.Key(k)
	}
	e, err := envelope.New(c.CompressFrom, keys)
	if err != nil {
		return nil, fmt.Errorf("cacheops: rueidisstore: Config.Keys: %w", err)
	}
	return e, nil
}

// validate names the field that is wrong and the way to mend it.
func (c *Config) validate() error {
	given := 0
	for _, is := range []bool{c.URL != "", c.Option != nil, c.Client != nil} {
		if is {
			given++
		}
	}
	switch {
	case given == 0:
		return errNoServer
	case given > 1:
		return errors.New("cacheops: rueidisstore: set one of Config.URL, Config.Option and Config.Client, not several")
	case strings.ContainsFunc(c.Prefix, func(r rune) bool { return r == '{' || r == '}' || r < ' ' }):
		return fmt.Errorf("cacheops: rueidisstore: Config.Prefix is %q: leave out braces and control characters", c.Prefix)
	case c.Connections < 1 || c.Connections > maxConnections:
		return fmt.Errorf("cacheops: rueidisstore: Config.Connections is %d: use 1 to %d, or 0 for the default of %d",
			c.Connections, maxConnections, DefaultConnections)
	case c.ReadTimeout < 0 || c.WriteTimeout < 0:
		return fmt.Errorf("cacheops: rueidisstore: Config.ReadTimeout is %v and WriteTimeout %v: leave them 0 for the defaults", c.ReadTimeout, c.WriteTimeout)
	}
	return nil
}

// The defaults of a client that this package makes.
const (
	dialTimeout = time.Second
	bufferSize  = 64 << 10
	// refreshEvery is how often a client looks for changes of the topology that
	// nobody told it of.
	refreshEvery = 5 * time.Second
)

// urlFault tells what a URL is wrong about, without the words of the URL.
func urlFault(err error) string {
	what, ok := strings.CutPrefix(err.Error(), "redis: ")
	if !ok {
		return "is not a URL"
	}
	what, _, _ = strings.Cut(what, ":")
	return "has an " + what
}

// option returns how to make a client, or nil where the program made one. What
// the URL is wrong about is not repeated in the error: it may hold a password.
func (c *Config) option() (*rueidis.ClientOption, error) {
	var opt rueidis.ClientOption
	switch {
	case c.Client != nil:
		return nil, nil
	case c.Option != nil:
		opt = *c.Option
	default:
		var err error
		if opt, err = rueidis.ParseURL(c.URL); err != nil {
			return nil, fmt.Errorf("cacheops: rueidisstore: Config.URL %s: use redis://host:port, rediss://host:port or unix:///path, with special characters of a password escaped, as %%40 for @ and %%2F for /", urlFault(err))
		}
	}
	switch {
	case len(opt.InitAddress) == 0 || opt.InitAddress[0] == "":
		return nil, errNoServer
	case opt.ReplicaOnly:
		return nil, errors.New("cacheops: rueidisstore: Config.Option.ReplicaOnly is set: leave it out, for what a replica says may be old")
	case opt.PipelineMultiplex > rueidis.MaxPipelineMultiplex:
		return nil, fmt.Errorf("cacheops: rueidisstore: Config.Option.PipelineMultiplex is %d: use %d at most, or leave it 0", opt.PipelineMultiplex, rueidis.MaxPipelineMultiplex)
	case opt.SelectDB < 0:
		return nil, fmt.Errorf("cacheops: rueidisstore: the database number is %d: use 0 or more", opt.SelectDB)
	case opt.Dialer.Timeout < 0 || opt.ConnWriteTimeout < 0 || opt.ClusterOption.ShardsRefreshInterval < 0 || opt.Sentinel.TopologyRefreshInterval < 0:
		return nil, errors.New("cacheops: rueidisstore: a time-out or interval of the client is negative: leave it out for the default")
	}
	opt.InitAddress = slices.Clone(opt.InitAddress) // the client may reorder it
	// What is retried in secret would be sent over a connection that nobody has
	// looked at. Client-side caching is not used.
	opt.DisableRetry, opt.DisableCache = true, true
	opt.MaxFlushDelay = 20 * time.Microsecond
	opt.Dialer.Timeout = cmp.Or(opt.Dialer.Timeout, dialTimeout)
	opt.ReadBufferEachConn = cmp.Or(opt.ReadBufferEachConn, bufferSize)
	opt.WriteBufferEachConn = cmp.Or(opt.WriteBufferEachConn, bufferSize)
	if opt.BlockingPoolSize > 0 {
		// The links are out of this pool, also those that are on their way out.
		opt.BlockingPoolSize = max(opt.BlockingPoolSize, 4*c.Connections)
	}
	opt.PipelineMultiplex = cmp.Or(opt.PipelineMultiplex, -1) // one: it carries next to nothing
	opt.Sentinel.TopologyRefreshInterval = cmp.Or(opt.Sentinel.TopologyRefreshInterval, refreshEvery)
	opt.ClusterOption.ShardsRefreshInterval = cmp.Or(opt.ClusterOption.ShardsRefreshInterval, refreshEvery)
	return &opt, nil
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/redis/rueidis"
	"github.com/spf13/pflag"

	"github.com/cacheops/cacheops/rueidisstore"
)

// Where the flags of Redis are taken from when they are not given. A variable has no
// place in the list of processes: it is the better one for a password.
const (
	redisVariable  = "CACHEOPS_REDIS"
	prefixVariable = "CACHEOPS_PREFIX"
)

// defaultTimeout bounds what a command that asks Redis may take.
const defaultTimeout = 30 * time.Second

// redisFlags say which Redis a command is about. All commands that look into Redis
// have them.
type redisFlags struct {
	url, prefix string
	timeout     time.Duration
}

// add adds the flags to those of a command. What the environment says is not their
// default, for the help prints that.
func (f *redisFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.url, "redis", "", "the Redis that the programs keep the cache in, a `URL` as in rueidisstore.Config; also "+redisVariable)
	flags.StringVar(&f.prefix, "prefix", "", "what the keys begin with, as rueidisstore.Config.Prefix; also "+prefixVariable+" (default \""+rueidisstore.DefaultPrefix+"\")")
	flags.DurationVar(&f.timeout, "timeout", defaultTimeout, "how long it may take, all in all")
}

// redisURLForms are the forms of a URL, for errors and the help.
const redisURLForms = `  redis://host:6379/0                     a single server
  rediss://host:6379                      with TLS
  unix:///run/redis.sock?db=0             a Unix socket
  redis://node1:7000?addr=node2:7000      a Cluster
  redis://sentinel:26379?addr=other:26379&master_set=mymaster
with user:password@ before the host where they are needed`

// redisConn is a Redis that a command has reached.
type redisConn struct {
	rueidis.Client

	option  rueidis.ClientOption
	prefix  string
	secrets secrets
	timeout time.Duration
}

// inUse is the prefix that the command is about.
func (f *redisFlags) inUse() string {
	return cmp.Or(f.prefix, os.Getenv(prefixVariable), rueidisstore.DefaultPrefix)
}

// open reaches the server. The caller closes what it returns.
func (f *redisFlags) open(ctx context.Context) (*redisConn, error) {
	c := &redisConn{prefix: f.inUse(), timeout: f.timeout}
	raw := cmp.Or(f.url, os.Getenv(redisVariable))
	if raw == "" {
		return nil, misuse("cacheops: which Redis? give --redis, or set %s, to one of\n%s", redisVariable, redisURLForms)
	}
	if f.timeout <= 0 {
		return nil, misuse("cacheops: --timeout is %v: use a time such as 30s", f.timeout)
	}
	var err error
	if c.option, c.secrets, err = parseRedisURL(raw); err != nil {
		return nil, err
	}
	c.option.DisableRetry, c.option.DisableCache = true, true
	c.option.PipelineMultiplex = cmp.Or(c.option.PipelineMultiplex, -1)
	c.option.BlockingPoolSize = 64
	c.option.Dialer.Timeout = min(cmp.Or(c.option.Dialer.Timeout, 5*time.Second), f.timeout)
	made := make(chan error, 1)
	go func() { // it ends with the time-outs of the client
		client, err := rueidis.NewClient(c.option)
		if err != nil && client != nil {
			client.Close()
		}
		if err == nil {
			c.Client = client
		}
		made <- err
	}()
	select {
	case err = <-made:
	case <-ctx.Done():
		go func() {
			if <-made == nil {
				c.Close()
			}
		}()
		err = ctx.Err()
	}
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	if err != nil {
		return nil, outOfReach(c.secrets.hide(fmt.Errorf("cacheops: Redis at %s is not reached: %w%s", c.where(), err, redisAdvice(err))))
	}
	return c, nil
}

// parseRedisURL reads a URL. What is wrong about it is not repeated: a password may be
// anywhere in it.
func parseRedisURL(raw string) (opt rueidis.ClientOption, hide secrets, err error) {
	u, err := url.Parse(raw)
	if err == nil {
		opt, err = rueidis.ParseURL(raw)
	}
	if err != nil || misplaced(raw, u) || len(opt.InitAddress) == 0 || opt.InitAddress[0] == "" {
		return opt, nil, misuse("cacheops: --redis, or %s, is no URL of a Redis: the special characters of a password are to be escaped, as %%40 for @, %%23 for # and %%2F for /. Use one of\n%s", redisVariable, redisURLForms)
	}
	hide.add(opt.Password, opt.Sentinel.Password)
	return opt, hide, nil
}

// where names the server without what is secret.
func (c *redisConn) where() string { return strings.Join(c.option.InitAddress, ", ") }

// redisAdvice says what to do about an error on the way to Redis.
func redisAdvice(err error) string {
	text := err.Error()
	for _, a := range []struct{ word, advice string }{
		{"WRONGPASS", "look at the user and the password in the URL"},
		{"NOAUTH", "put a user and a password into the URL"},
		{"without any password configured", "leave the password out of the URL, or give the server one"},
		{"No such master", "look at master_set in the URL"},
		{"unknown command", "is it a Redis of version 6.2 or newer?"},
		{"DB index is out of range", "use a database number that the server has"},
		{"certificate", "the server's certificate is not trusted: add its authority by SSL_CERT_FILE"},
		{"first record does not look like a TLS handshake", "the server does not want TLS there: use redis://"},
		{"deadline exceeded", "nobody answers there: look at the address, and whether the server wants TLS (rediss://)"},
		{"EOF", "the connection ended at once: look whether the server wants TLS (rediss://), and at its maxclients"},
	} {
		if strings.Contains(text, a.word) {
			return ": " + a.advice
		}
	}
	return ""
}

// failed tells an error of the way to Redis from an answer of it, for the user.
func (c *redisConn) failed(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if answer, ok := rueidis.IsRedisErr(err); ok {
		if strings.HasPrefix(answer.Error(), "NOPERM") {
			return c.secrets.hide(fmt.Errorf("cacheops: the user lacks a right: %w: see \"cacheops doctor\"", err))
		}
		return c.secrets.hide(fmt.Errorf("cacheops: Redis answers: %w", err))
	}
	return outOfReach(c.secrets.hide(fmt.Errorf("cacheops: Redis at %s does not answer: %w%s", c.where(), err, redisAdvice(err))))
}

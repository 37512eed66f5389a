//go:build unix

package redistest

import (
	"os/exec"
	"slices"
)

// Config says what server to start. The zero value is a server without a
// password and with the settings that Redis comes with: a Shutdown saves the data
// once there was any, a Kill loses what was not saved before.
type Config struct {
	// Password is what clients and replicas must send. Empty for none.
	Password string

	// TLS makes the port take TLS alone, with the certificate that
	// [Server.TLSConfig] trusts.
	TLS bool

	// UnixSocket makes the server listen on a Unix socket too, and
	// [Server.URL] name that.
	UnixSocket bool

	// Settings are further lines of redis.conf, as "maxmemory 10mb", "save ''" or
	// "appendonly yes". They come last, so they win.
	Settings []string

	// Binary is the program to run. Empty for redis-server, or valkey-server
	// where that is not installed.
	Binary string

	// sentinel makes the program a Sentinel.
	sentinel bool

	// cluster makes the server a node of a Cluster, which needs a second port.
	cluster bool
}

// Option changes a Config.
type Option func(*Config)

// WithPassword sets [Config.Password].
func WithPassword(password string) Option {
	return func(c *Config) { c.Password = password }
}

// WithTLS sets [Config.TLS].
func WithTLS() Option {
	return func(c *Config) { c.TLS = true }
}

// WithUnixSocket sets [Config.UnixSocket].
func WithUnixSocket() Option {
	return func(c *Config) { c.UnixSocket = true }
}

// WithSettings adds to [Config.Settings].
func WithSettings(lines ...string) Option {
	return func(c *Config) { c.Settings = append(slices.Clip(c.Settings), lines...) }
}

// apply returns the Config with the options.
func (c Config) apply(options []Option) Config {
	for _, option := range options {
		option(&c)
	}
	return c
}

// binary finds the program to run. It is empty where there is none.
func (c Config) binary() string {
	names := []string{"redis-server", "valkey-server"}
	if c.Binary != "" {
		names = []string{c.Binary}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// missing is what a test says that has no server.
const missing = "redis-server IS MISSING, so nothing about Redis can be tested: run `make servers`" +
	" (as root on Debian and Ubuntu), or install redis-server or valkey-server and put it into PATH"

// Missing is empty where redis-server or valkey-server is installed. Else it is a
// sentence that says so, and what to do.
func Missing() string {
	if (Config{}).binary() == "" {
		return missing
	}
	return ""
}

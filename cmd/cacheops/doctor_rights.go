package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/rueidisstore"
)

// trial is a command in a form that does no harm: of a key that nobody has it reads,
// it takes away, or it writes only what is there.
type trial struct {
	name string // as in a rule of a user
	args []string
}

// trials are one for each command that the cache needs, see package rueidisstore. The
// keys of entries have no braces: a rule may let the one kind pass and not the other.
func trials(key, entry, channel string) []trial {
	return []trial{
		{"eval", []string{"EVAL", "return 1", "0"}},
		{"evalsha", []string{"EVALSHA", strings.Repeat("0", 40), "0"}},
		{"ping", []string{"PING"}},
		{"exists", []string{"EXISTS", key}},
		{"del", []string{"DEL", key}},
		{"type", []string{"TYPE", key}},
		{"pttl", []string{"PTTL", key}},
		{"pexpire", []string{"PEXPIRE", key, "1"}},
		{"get", []string{"GET", key}},
		{"set", []string{"SET", entry, "", "XX"}},
		{"mget", []string{"MGET", key}},
		{"hget", []string{"HGET", key, "f"}},
		{"hset", []string{"HSET", key, "f", "v", "f"}}, // refused for its number of arguments
		{"hkeys", []string{"HKEYS", key}},
		{"hgetall", []string{"HGETALL", key}},
		{"zadd", []string{"ZADD", key, "XX", "1", "m"}},
		{"zrem", []string{"ZREM", key, "m"}},
		{"zcard", []string{"ZCARD", key}},
		{"zrange", []string{"ZRANGE", key, "0", "-1"}},
		{"zscore", []string{"ZSCORE", key, "m"}},
		{"zremrangebyscore", []string{"ZREMRANGEBYSCORE", key, "-inf", "0"}},
		{"time", []string{"TIME"}},
		{"info", []string{"INFO", "replication"}},
		{"publish", []string{"PUBLISH", channel, ""}},
	}
}

// setsTrials are those that sets mode needs besides. The other key holds no set; it is
// empty where there is none.
func setsTrials(key, other string) []trial {
	sadd := []string{"SADD", other, "m"} // refused for the kind of the key
	if other == "" {                     // nobody sees what is taken away in the same step
		sadd = []string{"EVAL", "redis.call('SADD', KEYS[1], 'm') return redis.call('DEL', KEYS[1])", "1", key}
	}
	return []trial{
		{"unlink", []string{"UNLINK", key}},
		{"sadd", sadd},
		{"srem", []string{"SREM", key, "m"}},
		{"spop", []string{"SPOP", key}},
		{"getrange", []string{"GETRANGE", key, "0", "0"}},
	}
}

// checkRights tries every command that the cache needs, and writes the rule that is
// missing.
func checkRights(ctx context.Context, c *redisConn, n *node, mode string) finding {
	f := finding{Check: "rights", Status: statusOK}
	key, channel := c.prefix+":{doctor}:nobody", c.prefix+":doctor"
	entry := c.prefix + ":" + strings.Repeat("nobody", 3) + "-_" // as long as those are
	list := trials(key, entry, channel)
	if mode == rueidisstore.ModeSets {
		other := rueidisstore.KeyInfo{Kind: rueidisstore.KeyMode}.Key(c.prefix)
		if noted, err := n.Do(ctx, n.B().Exists().Key(other).Build()).AsInt64(); err != nil || noted == 0 {
			other = ""
		}
		list = append(list, setsTrials(key, other)...)
	}
	if c.Mode() == rueidis.ClientModeCluster {
		list = append(list, trial{"cluster|slots", []string{"CLUSTER", "SLOTS"}}, trial{"asking", []string{"ASKING"}})
	}
	var commands []string
	keys, channels, other := false, false, "" // other is what else was answered
	note := func(name string, err error) {
		answer, ok := rueidis.IsRedisErr(err)
		if !ok {
			if err != nil && !rueidis.IsRedisNil(err) && !errors.Is(err, context.Canceled) {
				other = name + ": " + err.Error()
			}
			return
		}
		text := answer.Error()
		_, what, access := strings.Cut(text, " to access ") // not in the user's name
		switch {
		case strings.HasPrefix(text, "NOPERM") && access && strings.Contains(what, "key"):
			keys = true
		case strings.HasPrefix(text, "NOPERM") && access && strings.Contains(what, "channel"):
			channels = true
		case strings.HasPrefix(text, "NOPERM"), name == "sadd" && refusedInScript(text):
			commands = append(commands, "+"+name)
		case strings.HasPrefix(text, "ERR unknown command"), strings.HasPrefix(text, "MISCONF"), strings.HasPrefix(text, "NOREPLICAS"):
			other = name + ": " + text
		}
	}
	all := make(rueidis.Commands, len(list))
	for i, t := range list {
		all[i] = n.B().Arbitrary(t.args...).Build()
	}
	for i, r := range n.DoMulti(ctx, all...) { // one round trip
		note(list[i].name, r.Error())
	}
	if !slices.Contains(commands, "+get") {
		note("get", n.Do(ctx, n.B().Get().Key(entry).Build()).Error())
	}
	note("subscribe", n.subscribes(ctx, channel))
	user := c.user(ctx, n)
	var rules []string
	if keys {
		rules = append(rules, "~"+c.prefix+":*")
	}
	if channels {
		rules = append(rules, "&"+c.prefix+":*")
	}
	rules = append(rules, commands...)
	switch {
	case len(rules) > 0:
		f.Status = statusProblem
		f.Text = fmt.Sprintf("the user %s lacks %s", user, missing(len(commands), keys, channels))
		f.Fix = "let an administrator run this line, on every server, and ACL SAVE:"
		f.Line = "ACL SETUSER " + user + " " + strings.Join(rules, " ")
	case other != "":
		f.Status, f.Text, f.Fix = statusProblem, "a command is refused: "+other, "see what errors mean in docs/redis.md"
	default:
		f.Text = fmt.Sprintf("the user %s may run all %d commands, under the prefix %s", user, len(list)+1, c.prefix)
	}
	return f
}

// refusedInScript reports whether a script met a command that its user may not run, in
// the words of Redis 7 or those of 6.2.
func refusedInScript(text string) bool {
	return strings.Contains(text, "ACL failure in script") || strings.Contains(text, "The user executing the script can't run this command")
}

// user is the name of the user that the doctor is.
func (c *redisConn) user(ctx context.Context, n *node) string {
	user, err := n.Do(ctx, n.B().AclWhoami().Build()).ToString()
	if err != nil {
		return cmp.Or(c.option.Username, "default")
	}
	return user
}

// checkReaping tries the commands that reaping takes beside what the cache needs.
// Another user may do that, so it is no problem where this one may not.
func checkReaping(ctx context.Context, c *redisConn, n *node) finding {
	key := c.prefix + ":{doctor}:nobody"
	names := []string{"scan", "sscan", "scard"}
	answers := n.DoMulti(ctx, // one round trip
		n.B().Arbitrary("SCAN", "0", "COUNT", "1").Build(),
		n.B().Arbitrary("SSCAN", key, "0").Build(),
		n.B().Arbitrary("SCARD", key).Build())
	var rules []string
	for i, r := range answers {
		if answered(r.Error(), "NOPERM") {
			rules = append(rules, "+"+names[i])
		}
	}
	user := c.user(ctx, n)
	if len(rules) == 0 {
		return finding{Check: "reaping", Status: statusOK, Text: fmt.Sprintf("the user %s may reap", user)}
	}
	return finding{
		Check: "reaping", Status: statusWarning, Text: fmt.Sprintf("the user %s may not run cacheops reap, which sets mode needs now and then", user),
		Fix:  "let another user reap, or an administrator run this line, and ACL SAVE:",
		Line: "ACL SETUSER " + user + " " + strings.Join(rules, " "),
	}
}

// missing says what a user lacks.
func missing(commands int, keys, channels bool) string {
	var parts []string
	if commands > 0 {
		parts = append(parts, plural(commands, "command", "commands"))
	}
	if keys {
		parts = append(parts, "the keys of the prefix")
	}
	if channels {
		parts = append(parts, "the channels of the prefix")
	}
	if len(parts) > 1 {
		last := len(parts) - 1
		parts = append(slices.Clone(parts[:last-1]), parts[last-1]+" and "+parts[last])
	}
	return strings.Join(parts, ", ")
}

// subscribes tries to listen to a channel.
func (n *node) subscribes(ctx context.Context, channel string) error {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	hooked := rueidis.WithOnSubscriptionHook(within, func(rueidis.PubSubSubscription) { cancel() })
	return n.Receive(hooked, n.B().Subscribe().Channel(channel).Build(), func(rueidis.PubSubMessage) {})
}

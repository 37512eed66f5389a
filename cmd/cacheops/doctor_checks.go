package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/rueidisstore"
)

// examine makes all checks. The error is of a server that nobody reaches.
func examine(ctx context.Context, c *redisConn, flags *doctorFlags) (*diagnosis, error) {
	d := &diagnosis{Redis: c.where(), Prefix: c.prefix, Keys: []keyCount{}}
	var nodes []*node
	found := c.Nodes()
	for _, addr := range slices.Sorted(maps.Keys(found)) {
		n := &node{Client: found[addr], addr: addr}
		info, err := n.readInfo(ctx)
		if _, answered := rueidis.IsRedisErr(err); err != nil && !answered {
			if len(found) == 1 || ctx.Err() != nil {
				return nil, err
			}
			d.add(finding{Check: "server", Status: statusProblem, Node: addr, Text: "does not answer: " + err.Error(), Fix: "bring it back, or take it out of the Cluster"})
			continue
		}
		n.info = info // none where the user may not ask
		if n.info["role"] != "slave" || len(found) == 1 {
			nodes = append(nodes, n)
		}
	}
	if len(nodes) == 0 {
		return nil, errors.New("no master answers")
	}
	d.add(checkServer(ctx, c, nodes)...)
	d.add(checkMode(ctx, c, d, flags.sets))
	for _, check := range []func(*node) finding{checkEviction(d.Mode), checkMemory(d.Mode), checkPersistence, checkReplication(c), checkClients} {
		d.add(each(nodes, func(n *node) finding {
			if n.info == nil {
				return finding{}
			}
			return check(n)
		})...)
	}
	d.add(each(nodes, func(n *node) finding { return checkRights(ctx, c, n, d.Mode) })...)
	if d.Mode == rueidisstore.ModeSets {
		d.add(each(nodes, func(n *node) finding { return checkReaping(ctx, c, n) })...)
	}
	d.add(each(nodes, func(n *node) finding { return checkScripts(ctx, n) })...)
	d.add(checkChannels(ctx, c))
	d.add(each(nodes, func(n *node) finding { return checkClock(ctx, n) })...)
	d.add(each(nodes, func(n *node) finding { return checkLatency(ctx, n) })...)
	d.add(checkKeys(ctx, c, nodes, flags.keys, d)...)
	return d, ctx.Err()
}

// add takes findings down, but for empty ones.
func (d *diagnosis) add(list ...finding) {
	for _, f := range list {
		switch f.Status {
		case "":
			continue
		case statusWarning:
			d.Warnings++
		case statusProblem:
			d.Problems++
		default:
		}
		d.Findings = append(d.Findings, f)
	}
}

// each makes a check of every server. What they have in common is said once; where
// they differ in figures alone, the largest is told.
func each(nodes []*node, check func(*node) finding) []finding {
	list := make([]finding, len(nodes))
	same, level := true, true
	for i, n := range nodes {
		list[i] = check(n)
		same = same && list[i] == list[0]
		level = level && list[i].Status == list[0].Status
	}
	if same {
		return list[:1]
	}
	for i, n := range nodes {
		list[i].Node = n.addr
	}
	if level && list[0].figure != 0 {
		return []finding{slices.MaxFunc(list, func(a, b finding) int { return cmp.Compare(a.figure, b.figure) })}
	}
	return list
}

// number reads a number of INFO, 0 where there is none.
func (n *node) number(name string) int64 {
	v, _ := strconv.ParseInt(n.info[name], 10, 64)
	return v
}

// checkServer looks at versions and at what kind of Redis it is.
func checkServer(ctx context.Context, c *redisConn, nodes []*node) []finding {
	kind := "a single server"
	switch {
	case c.Mode() == rueidis.ClientModeCluster:
		kind = "a Cluster with " + plural(len(nodes), "master", "masters")
	case c.option.Sentinel.MasterSet != "":
		kind = "under Sentinel"
	}
	out := each(nodes, func(n *node) finding {
		f := finding{Check: "server", Status: statusOK}
		name, version := "Redis", n.info["redis_version"]
		if v := n.info["valkey_version"]; v != "" {
			name, version = "Valkey", v
		}
		switch {
		case n.info == nil:
			f.Status, f.Text = statusProblem, kind+"; the user may not run INFO, by which the cache tells a server from another"
			f.Fix = "give the user what is said at rights"
		case n.info["role"] != "master":
			f.Status, f.Text = statusProblem, fmt.Sprintf("%s %s is a replica: the cache neither reads nor writes there", name, version)
			f.Fix = "name the master in the URL, or the Sentinels that know it"
		case name == "Redis" && older(version, 6, 2):
			f.Status, f.Text = statusProblem, fmt.Sprintf("Redis %s is older than 6.2", version)
			f.Fix = "use Redis 6.2 or newer, or Valkey"
		case n.info["loading"] == "1":
			f.Status, f.Text, f.Fix = statusProblem, "it is reading its data after a start", "wait; without persistence there is nothing to read"
		default:
			f.Text = fmt.Sprintf("%s %s, %s", name, version, kind)
		}
		return f
	})
	if c.Mode() == rueidis.ClientModeCluster {
		text, err := nodes[0].Do(ctx, nodes[0].B().ClusterInfo().Build()).ToString()
		if info := parseInfo(text); err == nil && (info["cluster_state"] != "ok" || info["cluster_slots_ok"] != "16384") {
			out = append(out, finding{
				Check: "server", Status: statusProblem,
				Text: fmt.Sprintf("the Cluster is not whole: its state is %s, and %s of 16384 slots are served", info["cluster_state"], info["cluster_slots_ok"]),
				Fix:  "see redis-cli --cluster check",
			})
		}
	}
	return out
}

// older compares a version, as "7.0.15".
func older(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	return errA == nil && errB == nil && (a < major || a == major && b < minor)
}

// checkMode tells in which mode the programs use the prefix. Sets says that they are
// going to use sets mode.
func checkMode(ctx context.Context, c *redisConn, d *diagnosis, sets bool) finding {
	f := finding{Check: "mode", Status: statusOK}
	mode, err := c.mode(ctx)
	if err != nil {
		return finding{} // it is among the rights
	}
	unused := mode == ""
	if unused && sets {
		mode = rueidisstore.ModeSets
	}
	switch {
	case mode == "":
		return finding{} // nobody has used it, or what is asked for is that of stamps
	case mode == rueidisstore.ModeStamps && sets:
		f.Status, f.Text = statusProblem, "stamps: sets mode refuses a prefix that was used with stamps"
		f.Fix = "give sets mode another prefix, or clear this one while no program runs"
	case mode == rueidisstore.ModeSets && c.Mode() == rueidis.ClientModeCluster:
		f.Status, f.Text = statusProblem, "sets mode, which is for a single server, and this is a Cluster"
		f.Fix = "have the programs use rueidisstore.New, or a server that is no node of a Cluster"
	case unused:
		f.Text = "sets: no program has used the prefix yet"
	case mode == rueidisstore.ModeSets:
		f.Text = "sets: a write deletes results, and a hit is one GET"
	case mode == rueidisstore.ModeStamps:
		f.Text = "stamps"
	default:
		f.Status, f.Text = statusProblem, fmt.Sprintf("%q, which this version does not know", shortened(mode, 20))
		f.Fix = "use the doctor of the programs' version"
	}
	d.Mode = mode
	return f
}

// checkEviction looks at what goes when memory is full.
func checkEviction(mode string) func(*node) finding {
	return func(n *node) finding {
		f := finding{Check: "eviction", Status: statusOK}
		policy := n.info["maxmemory_policy"]
		switch {
		case policy == "":
			return finding{}
		case mode == rueidisstore.ModeSets && policy == "noeviction":
			f.Text = policy + ": as sets mode needs it"
		case mode == rueidisstore.ModeSets:
			f.Status, f.Text = statusProblem, policy+": where a set is evicted, no write finds its results; so sets mode refuses this server"
			f.Fix = "CONFIG SET maxmemory-policy noeviction, or have the programs use rueidisstore.New"
		case policy == "allkeys-lru", policy == "allkeys-lfu":
			f.Text = policy + ": what nobody reads goes first"
		case policy == "noeviction":
			f.Status = statusWarning
			f.Text = "noeviction: once memory is full, results that are not there yet are not cached"
			f.Fix = "CONFIG SET maxmemory-policy allkeys-lru"
		default:
			f.Text = policy + ": safe; allkeys-lru keeps what is read the longest"
		}
		return f
	}
}

// checkMemory looks at the bound of the memory, and at what is used of it.
func checkMemory(mode string) func(*node) finding {
	return func(n *node) finding { return judgeMemory(n, mode) }
}

func judgeMemory(n *node, mode string) finding {
	f := finding{Check: "memory", Status: statusOK}
	used, bound, machine := n.number("used_memory"), n.number("maxmemory"), n.number("total_system_memory")
	full := bound > 0 && used >= bound-bound/50
	switch {
	case bound == 0:
		f.Status, f.Text = statusWarning, "no maxmemory, and nothing of the cache counts keys"
		f.Fix = "CONFIG SET maxmemory to what the machine can spare, such as 1gb"
	case full && n.info["maxmemory_policy"] == "noeviction":
		f.Status, f.Text = statusProblem, fmt.Sprintf("%s of %s are used, and nothing is evicted", memorySize(used), memorySize(bound))
		f.Fix = "CONFIG SET maxmemory-policy allkeys-lru, or give it more memory"
		if mode == rueidisstore.ModeSets {
			f.Fix = "give it more memory; cacheops reap frees what the names of results take that ended"
		}
	case machine > 0 && bound > machine:
		f.Status, f.Text = statusWarning, fmt.Sprintf("maxmemory is %s, and the machine has %s", memorySize(bound), memorySize(machine))
		f.Fix = "CONFIG SET maxmemory to less than the machine has"
	default:
		f.figure = float64(used) / float64(bound)
		f.Text = fmt.Sprintf("%s of %s are used", percent(uint64(used), uint64(bound)), memorySize(bound))
	}
	return f
}

// checkPersistence looks at what is saved: the cache needs none of it.
func checkPersistence(n *node) finding {
	f := finding{Check: "persistence", Status: statusOK, Text: "a restart costs the hits, whatever is saved: none of it is needed"}
	switch {
	case n.info["rdb_last_bgsave_status"] == "err" || n.info["aof_last_write_status"] == "err" || n.info["aof_last_bgrewrite_status"] == "err":
		f.Status, f.Text = statusProblem, "the last save failed: Redis refuses writes then, and so do the programs (MISCONF)"
		f.Fix = "make room on the disk, or save nothing: CONFIG SET save \"\" and CONFIG SET appendonly no"
	case n.info["aof_enabled"] == "1":
		f.Text = "it has an append-only file: not needed, and a full disk stops writes"
	}
	return f
}

// checkReplication looks at the replicas, which are for failover only.
func checkReplication(c *redisConn) func(*node) finding {
	return func(n *node) finding {
		f := finding{Check: "replication", Status: statusOK}
		replicas, late := int(n.number("connected_slaves")), 0
		for i := range replicas {
			if !strings.Contains(n.info["slave"+strconv.Itoa(i)], "state=online") {
				late++
			}
		}
		good, minimum := n.info["min_slaves_good_slaves"], ""
		if good != "" {
			minimum = ", of which " + good + " count for min-replicas-to-write"
		}
		switch {
		case n.info["role"] != "master":
			return finding{}
		case late > 0:
			f.Status, f.Text = statusWarning, fmt.Sprintf("%d of %s are not in step yet", late, plural(replicas, "replica", "replicas"))
			f.Fix = "look at the replicas' logs; it passes after a start"
		case replicas == 0 && (c.option.Sentinel.MasterSet != "" || c.Mode() == rueidis.ClientModeCluster):
			f.Status, f.Text = statusWarning, "no replica: nothing can take over from this master, and writes stop while it is away"
			f.Fix = "give it a replica; the first one costs all hits, once"
		case replicas == 0:
			f.Text = "no replica: while it is away reads go to the database, and writes fail"
		default:
			f.Text = plural(replicas, "replica", "replicas") + minimum + "; a failover costs the hits, and needs no WAIT"
		}
		return f
	}
}

// checkClients looks at the room for connections.
func checkClients(n *node) finding {
	used, bound := n.number("connected_clients"), n.number("maxclients")
	f := finding{Check: "connections", Status: statusOK, Text: plural(used, "connection", "connections"), figure: float64(used)}
	if bound > 0 {
		f.Text += " of " + grouped(bound)
	}
	if bound > 0 && used > bound-bound/10 {
		f.Status, f.Fix = statusWarning, "CONFIG SET maxclients to more: above it connections end as they begin"
	}
	return f
}

// checkScripts runs a script: all that changes anything is one.
func checkScripts(ctx context.Context, n *node) finding {
	f := finding{Check: "scripts", Status: statusOK, Text: "Lua scripts run"}
	text, err := n.Do(ctx, n.B().Eval().Script("return redis.call('TIME')[1] and 'yes'").Numkeys(0).Build()).ToString()
	switch {
	case err == nil && text == "yes":
	case refused(err):
		return finding{} // it is among the rights
	case err != nil:
		f.Status, f.Text, f.Fix = statusProblem, "a script fails: "+err.Error(), "use a Redis that runs Lua scripts"
	default:
		f.Status, f.Text, f.Fix = statusProblem, "a script returns what it should not", "use Redis 6.2 or newer, or Valkey"
	}
	return f
}

// refused reports whether an error is a right that is missing.
func refused(err error) bool {
	answer, ok := rueidis.IsRedisErr(err)
	return ok && strings.HasPrefix(answer.Error(), "NOPERM")
}

// checkChannels sends a message to itself: so those who wait for a lock are woken.
func checkChannels(ctx context.Context, c *redisConn) finding {
	f := finding{Check: "channels", Status: statusOK, Text: "messages arrive; client-side caching is not used"}
	channel := c.prefix + ":doctor"
	within, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	arrived := false
	hooked := rueidis.WithOnSubscriptionHook(within, func(s rueidis.PubSubSubscription) {
		if s.Kind == "subscribe" {
			go func() { // it ends with the message, or with the context
				_ = c.Do(within, c.B().Publish().Channel(channel).Message("hello").Build()).Error()
			}()
		}
	})
	err := c.Receive(hooked, c.B().Subscribe().Channel(channel).Build(), func(rueidis.PubSubMessage) {
		arrived = true
		cancel()
	})
	switch {
	case arrived:
	case refused(err):
		return finding{} // it is among the rights
	default:
		f.Status, f.Text = statusWarning, "a message did not arrive: who waits for the lock of a result waits until it runs out"
		f.Fix = "let the user PUBLISH and SUBSCRIBE, and look whether a proxy between takes them away"
	}
	return f
}

// clockTries and pings are how often is measured.
const (
	clockTries = 7
	pings      = 25
)

// The bounds of a clock and of a round trip.
const (
	clockBound   = 5 * time.Second
	latencyGood  = 5 * time.Millisecond
	latencyBound = rueidisstore.DefaultReadTimeout
)

// checkClock compares the server's clock with the machine's.
func checkClock(ctx context.Context, n *node) finding {
	f := finding{Check: "clock", Status: statusOK}
	best, offset := time.Duration(math.MaxInt64), time.Duration(0)
	var last time.Time
	for range clockTries {
		before := time.Now()
		parts, err := n.Do(ctx, n.B().Time().Build()).AsStrSlice()
		trip := time.Since(before)
		if refused(err) {
			return finding{} // it is among the rights
		}
		if err != nil || len(parts) != 2 {
			return finding{Check: "clock", Status: statusProblem, Text: "TIME does not answer as it should", Fix: "look at the server"}
		}
		seconds, _ := strconv.ParseInt(parts[0], 10, 64)
		micros, _ := strconv.ParseInt(parts[1], 10, 64)
		now := time.Unix(seconds, micros*1000)
		if now.Before(last) {
			return finding{
				Check: "clock", Status: statusProblem, Text: "the server's clock went back by " + latency(last.Sub(now)) + " while it was looked at",
				Fix: "keep its clock by NTP, without jumps: fences end by it",
			}
		}
		if last = now; trip < best {
			best, offset = trip, now.Sub(before.Add(trip/2))
		}
	}
	f.figure = float64(max(offset.Abs(), 1))
	f.Text = fmt.Sprintf("%s from ours, give or take %s", latency(offset.Abs()), latency(best/2))
	if offset.Abs() < best/2 {
		f.Text = "no difference to ours that could be measured, within " + latency(best/2)
	}
	if offset.Abs()-best/2 > clockBound {
		f.Status = statusWarning
		f.Fix = "keep both clocks by NTP. Fences end by the server's clock alone; one that is put forward ends them too early"
	}
	return f
}

// checkLatency measures round trips: a hit is one.
func checkLatency(ctx context.Context, n *node) finding {
	f := finding{Check: "latency", Status: statusOK}
	trips := make([]time.Duration, 0, pings)
	for range pings {
		before := time.Now()
		if err := n.Do(ctx, n.B().Ping().Build()).Error(); err != nil && !refused(err) {
			return finding{Check: "latency", Status: statusProblem, Text: "PING fails: " + err.Error(), Fix: "look at the server"}
		}
		trips = append(trips, time.Since(before))
	}
	slices.Sort(trips)
	median, worst := trips[len(trips)/2], trips[len(trips)-1]
	f.figure = float64(max(median, 1))
	f.Text = fmt.Sprintf("a round trip takes %s, of %d the slowest %s", latency(median), pings, latency(worst))
	switch {
	case median >= latencyBound:
		f.Status, f.Fix = statusProblem, fmt.Sprintf("bring Redis nearer, or set ReadTimeout above its default of %v: reads give up before it answers", latencyBound)
	case median >= latencyGood || worst >= latencyBound:
		f.Status, f.Fix = statusWarning, "bring Redis nearer to the programs: each hit waits for one round trip, each write for two"
	}
	return f
}

// memorySize writes a number of bytes with two or three digits.
func memorySize(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n), -1
	for v >= 1024 && unit < len(units)-1 {
		v, unit = v/1024, unit+1
	}
	digits := cmp.Compare(9.95, v) // one digit behind the point below ten
	return fmt.Sprintf("%.*f %ciB", max(digits, 0), v, units[unit])
}

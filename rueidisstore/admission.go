package rueidisstore

import (
	"crypto/sha256"

	"github.com/redis/rueidis"
)

// The modes that a prefix is used in. Writers of one do not reach the readers of the
// other, so the first that comes is noted in Redis, and the other is refused.
const (
	stampsMode = "stamps"
	setsMode   = "sets"
)

// admission is what a link asks before anything is read over it, and again while it is
// in use.
type admission struct {
	mode string
	mark string // the key of the mode; none in a Cluster, where there is one mode only
}

// first are the questions on a new link.
func (a *admission) first(b rueidis.Builder) []rueidis.Completed {
	list := []rueidis.Completed{whois(b), b.Info().Section("server").Build()}
	if a.mark != "" {
		list = append(list, b.Set().Key(a.mark).Value(a.mode).Nx().Build(), b.Get().Key(a.mark).Build())
	}
	if a.mode == setsMode {
		list = append(list, b.Info().Section("memory").Build(), b.Info().Section("stats").Build())
	}
	return list
}

// again appends the questions on a link in use.
func (a *admission) again(b rueidis.Builder, list []rueidis.Completed) []rueidis.Completed {
	if a.mode == setsMode {
		return append(list, a.first(b)...)
	}
	return append(list, whois(b))
}

// admit looks at the answers to first or again, and returns whose they are.
func (a *admission) admit(answers []rueidis.RedisResult) (incarnation, error) {
	replication, err := answers[0].ToString()
	if err != nil {
		return incarnation{}, err
	}
	master, err := parseMaster(replication)
	if err != nil || len(answers) == 1 {
		return master, err
	}
	server, err := answers[1].ToString()
	if err != nil {
		return incarnation{}, err
	}
	if err := checkVersion(server); err != nil {
		return incarnation{}, err
	}
	if a.mark != "" {
		// Where the mode could not be noted, the server may be full or refuse writes.
		if err := answers[2].NonRedisError(); err != nil {
			return incarnation{}, err
		}
		noted, err := answers[3].ToString()
		if err != nil && !isReply(err) {
			return incarnation{}, err
		}
		if a.mode == setsMode && noted != setsMode || a.mode != setsMode && noted == setsMode {
			return incarnation{}, a.otherMode(noted, answers[2].Error())
		}
	}
	if a.mode != setsMode {
		return master, nil
	}
	return a.unevicted(master, answers[len(answers)-2:])
}

// unevicted refuses a server that could evict a set and leave its entries, which no
// write would find. One that has evicted anything since becomes another: what is left
// of before is a miss.
func (a *admission) unevicted(master incarnation, answers []rueidis.RedisResult) (incarnation, error) {
	memory, err := answers[0].ToString()
	if err != nil {
		return incarnation{}, err
	}
	stats, err := answers[1].ToString()
	if err != nil {
		return incarnation{}, err
	}
	if policy := infoField(memory, "maxmemory_policy"); policy != "noeviction" {
		return incarnation{}, evicts(policy)
	}
	sum := sha256.Sum256(append(master[:], infoField(stats, "evicted_keys")...))
	copy(master[:], sum[:])
	return master, nil
}

package rueidisstore

import (
	"crypto/sha256"
	"slices"

	"github.com/redis/rueidis"
)

// The modes that a prefix is used in, as the key of [KeyMode] has them: that of [New], and
// that of [NewSets]. Writers of one do not reach the readers of the other, so the first
// that comes is noted in Redis, and the other is refused. In a Cluster there is ModeStamps
// only, and nothing is noted.
const (
	ModeStamps = "stamps"
	ModeSets   = "sets"
)

// noteMode notes the mode where none is, and returns the one that is noted. It is sent as
// text: it is short, and asked for seldom. As in fence.lua, it takes no memory to spare.
const noteMode = `if redis.call('TYPE', KEYS[1]).ok ~= 'string' then
	redis.call('DEL', KEYS[1])
	redis.call('SET', KEYS[1], ARGV[1])
end
return redis.call('GET', KEYS[1])`

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
		list = append(list, b.Eval().Script(noteMode).Numkeys(1).Key(a.mark).Arg(a.mode).Build())
	}
	if a.mode == ModeSets {
		list = append(list, b.Info().Section("memory").Build(), b.Info().Section("stats").Build())
	}
	return list
}

// again appends the questions on a link in use.
func (a *admission) again(b rueidis.Builder, list []rueidis.Completed) []rueidis.Completed {
	if a.mode == ModeSets {
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
		noted, err := answers[2].ToString()
		if err != nil && !isReply(err) {
			return incarnation{}, err
		}
		// Where it could not be noted, the server refuses to write. With stamps it may be
		// read all the same.
		if a.mode == ModeSets && noted != ModeSets || noted == ModeSets && a.mode != ModeSets {
			return incarnation{}, a.otherMode(noted, err)
		}
	}
	if a.mode != ModeSets {
		return master, nil
	}
	return a.unevicted(master, answers[len(answers)-2:])
}

// unevicted refuses a server that could evict a set and leave its entries, which no
// write would find. One that has evicted anything since becomes another: what is left
// of before is a miss. To each prefix it is a server of its own, so that an entry which
// somebody copied to another prefix, whose sets do not list it, is a miss there.
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
	sum := sha256.Sum256(slices.Concat(master[:], []byte(a.mark), []byte(infoField(stats, "evicted_keys"))))
	copy(master[:], sum[:])
	return master, nil
}

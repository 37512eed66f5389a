package rueidisstore

import (
	"crypto/sha1" //nolint:gosec // it is how Redis names scripts
	_ "embed"
	"encoding/hex"
	"strconv"

	"github.com/redis/rueidis"
)

//go:embed lua/lease.lua
var leaseText string

//go:embed lua/fence.lua
var fenceText string

//go:embed lua/bump.lua
var bumpText string

//go:embed lua/ground.lua
var groundText string

//go:embed lua/schema.lua
var schemaText string

//go:embed lua/all.lua
var allText string

//go:embed lua/touch.lua
var touchText string

//go:embed lua/unlock.lua
var unlockText string

//go:embed lua/await.lua
var awaitText string

// script is a script of folder lua. Each touches the keys of one slot only.
type script struct{ text, sha string }

func newScript(text string) *script {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	return &script{text: text, sha: hex.EncodeToString(sum[:])}
}

// scripts are those of one store. Tests break one at a time.
type scripts struct{ lease, fence, bump, ground, schema, all, touch, unlock, await *script }

func newScripts() scripts {
	return scripts{
		lease: newScript(leaseText), fence: newScript(fenceText), bump: newScript(bumpText),
		ground: newScript(groundText), schema: newScript(schemaText), all: newScript(allText), touch: newScript(touchText),
		unlock: newScript(unlockText), await: newScript(awaitText),
	}
}

// command is one command to Redis: a call of a script, or a plain one.
type command struct {
	script *script // nil: a plain command
	name   string  // of a plain one
	keys   []string
	args   []string
}

// build makes the command as the client sends it. A script goes by its digest, or
// by its text where the server does not know it.
func (c *command) build(b rueidis.Builder, byText bool) rueidis.Completed {
	switch {
	case c.script == nil:
		return b.Arbitrary(c.name).Keys(c.keys...).Args(c.args...).Build()
	case byText:
		return b.Arbitrary("EVAL").Args(c.script.text, strconv.Itoa(len(c.keys))).Keys(c.keys...).Args(c.args...).Build()
	default:
		return b.Arbitrary("EVALSHA").Args(c.script.sha, strconv.Itoa(len(c.keys))).Keys(c.keys...).Args(c.args...).Build()
	}
}

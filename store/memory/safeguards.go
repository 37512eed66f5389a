package memory

// safeguards are the rules of the protocol that tests switch off, each by
// itself, in order to see that the tests notice. A program cannot reach them:
// the zero value is what every store has.
type safeguards struct {
	// pendingOff leases a scheme that was registered under live fences.
	pendingOff bool
	// lostRegistryOff keeps the epoch's value where the schemes were lost.
	lostRegistryOff bool
	// epochTokensOff drops the epoch's tokens with the value then.
	epochTokensOff bool
	// epochLiveOff does not count epoch fences among the table's live ones.
	epochLiveOff bool
	// bumpNeedsToken takes a value away only where the own token is left.
	bumpNeedsToken bool
	// keepOff takes the own token away although the outcome is unknown.
	keepOff bool

	// fenceKeepsValue leaves the value under the fence, so that it is valid
	// again when the last token goes, be it by its deadline.
	fenceKeepsValue bool
	// bumpWaits leaves the value under other writers' fences to them.
	bumpWaits bool
	// kept holds the values that the two above leave under a fence, where they
	// are not valid; nil where neither is set.
	kept map[*cell]uint64
}

// fenced takes the cell's value away, as a fence must.
func (g *safeguards) fenced(c *cell) {
	if g.fenceKeepsValue {
		g.keep(c)
	}
	c.gen.Store(0)
}

// bumped takes the cell's value away, as a bump must. Own tells whether the
// bump's token was there.
func (g *safeguards) bumped(c *cell, own, others bool) {
	switch {
	case g.bumpNeedsToken && !own:
		return
	case g.bumpWaits && others:
		g.keep(c)
		c.gen.Store(0)
		return
	}
	c.gen.Store(0)
	delete(g.kept, c)
}

// keep remembers the cell's value, for unfenced to bring back.
func (g *safeguards) keep(c *cell) {
	if v := c.gen.Load(); v != 0 {
		g.kept[c] = v
	}
}

// unfenced is called when the cell's last token may have gone.
func (g *safeguards) unfenced(c *cell) {
	if g.kept != nil && len(c.fences) == 0 && c.gen.Load() == 0 && g.kept[c] != 0 {
		c.gen.Store(g.kept[c])
		delete(g.kept, c)
	}
}

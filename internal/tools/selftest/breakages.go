package main

import "slices"

// How the checks are run. Each names its packages, so that the self-test stays
// short; make test runs the same tests, those at random with fewer tries.
var (
	testStore      = []string{"go", "test", "-failfast", "-run", "TestConformance", "./store/memory"}
	testDependency = []string{"go", "test", "./internal/dependency"}
	testAnalysis   = []string{"go", "test", "-run", "TestConditions|TestSoundness|TestBounds|TestVerdict|TestWrites", "./internal/analysis"}
	testSQLite     = []string{"go", "test", "-run", "Canonical|Truth|Images", "./dialect/sqlite"}
	testQueries    = []string{"go", "test", "-run", "TestDependencies", "./internal/analysis"}
	testKeys       = []string{"go", "test", "-run", "TestKeys", "./internal/engine"}
	testImages     = []string{"go", "test", "-run", "TestImagesAreBounded", "./internal/engine"}
	testPlans      = []string{"go", "test", "-run", "TestPlansAreBounded", "./internal/engine"}
	testLayout     = []string{"go", "test", "-run", "TestLayout", "./internal/architecture"}
	testSkips      = []string{"go", "run", "./internal/tools/testsummary", "./internal/dependency"}
)

// onSQLite runs one test against a real SQLite.
func onSQLite(test string) []string {
	return []string{"go", "test", "-timeout", "60s", "-run", "^" + test + "$", "./internal/integration"}
}

// inDifferential runs one of the tests that try whatever there is, shortly and
// with one seed.
func inDifferential(test string) []string {
	return []string{"go", "test", "-timeout", "100s", "-run", "^" + test + "$", "./internal/integration/differential", "-differential.reads=120000", "-differential.changes=200000", "-differential.seed=1", "-differential.usual=0", "-rapid.shrinktime=2s"}
}

// breakages is the table. Add one with each rule that keeps reads fresh: the
// rule's line, the line without the rule, and the test that must notice.
var breakages = slices.Concat(
	storeBreakages,
	conditionBreakages,
	joinBreakages,
	reachBreakages,
	imageBreakages,
	pathBreakages,
	foundBreakages,
	projectBreakages,
	profileBreakages,
	lockBreakages,
	surfaceBreakages,
	exampleBreakages,
	shadowBreakages,
	speedBreakages,
	frontBreakages,
	domainBreakages,
	settingBreakages,
	softlyBreakages,
	apartBreakages,
	redisBreakages,
	crashBreakages,
	faultBreakages,
	attackBreakages,
	byteBreakages,
	funcBreakages,
	mysqlImageBreakages,
	mysqlTxBreakages,
	postgresParseBreakages,
	postgresCatalogBreakages,
	postgresAnalysisBreakages,
	postgresImageBreakages,
	postgresValueBreakages,
	postgresTxBreakages,
	postgresDifferentialBreakages,
	mysqlDifferentialBreakages,
	postgresWriteBreakages,
	complyBreakages,
	postgresReadBreakages,
	fileBreakages,
	templateBreakages,
	postgresKeyBreakages,
	httpBreakages,
	joinedBreakages,
	saveBreakages,
	shopBreakages,
	glanceBreakages,
	webBreakages,
	funcAttackBreakages,
	spaceBreakages,
	cliBreakages,
	setsBreakages,
	redisAttackBreakages,
	mysqlStatementBreakages,
	mysqlCatalogBreakages,
	mysqlExprBreakages,
	mysqlTextBreakages,
	mysqlValueBreakages,
	mysqlLockBreakages,
	mysqlComputedBreakages,
	mysqlCommandBreakages,
	mysqlKeyBreakages,
)

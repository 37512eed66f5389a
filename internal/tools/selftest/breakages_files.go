package main

// inFiles runs tests of the module for cache files.
func inFiles(test string) []string {
	return []string{"go", "test", "-timeout", "100s", "-run", "^" + test + "$", "./filecache"}
}

// fileBreakages breaks what keeps files whole, and other people's files where they are.
var fileBreakages = []breakage{
	{
		Name:  "a cache file is written in its place",
		File:  "filecache/write.go",
		Old:   "		temporary := path.Join(folder, temporaryName())\n		f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)",
		New:   "		temporary := path.Join(folder, name)\n		f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)",
		Check: inFiles("TestProcesses"), Want: "--- FAIL: TestProcesses",
	},
	{
		Name:  "the data of a cache file is not compared with its checksum",
		File:  "filecache/entry.go",
		Old:   "	if crc32.Checksum(data, castagnoli) != h.sum {",
		New:   "	if false {",
		Check: inFiles("TestDamage"), Want: "--- FAIL: TestDamage",
	},
	{
		Name:  "the header of a cache file is not compared with its checksum",
		File:  "filecache/entry.go",
		Old:   ", binary.BigEndian.Uint32(b[68:]) != crc32.Checksum(b[:68], castagnoli):",
		New:   ":",
		Check: inFiles("TestDamage"), Want: "--- FAIL: TestDamage",
	},
	{
		Name:  "a cache file of another key is read",
		File:  "filecache/entry.go",
		Old:   "	case h.key != key || ",
		New:   "	case ",
		Check: inFiles("TestFileOfAnotherKey"), Want: "--- FAIL: TestFileOfAnotherKey",
	},
	{
		Name:  "a cache file may be of any length",
		File:  "filecache/entry.go",
		Old:   "	case h.key != key || h.length != info.Size()-headerSize:",
		New:   "	case h.key != key:",
		Check: inFiles("TestForgedHeaders"), Want: "TestForgedHeaders",
	},
	{
		Name:  "a cache file that is too large is read",
		File:  "filecache/entry.go",
		Old:   "	if h.length > int64(most) {",
		New:   "	if false {",
		Check: inFiles("TestRefusals"), Want: "--- FAIL: TestRefusals",
	},
	{
		Name:  "a cache file is read after its time",
		File:  "filecache/entry.go",
		Old:   "	case at >= h.over || ",
		New:   "	case ",
		Check: inFiles("TestExpiry"), Want: "--- FAIL: TestExpiry",
	},
	{
		Name:  "a cache file of a clock that was wrong stays",
		File:  "filecache/entry.go",
		Old:   " || h.written-int64(skew) > at:",
		New:   ":",
		Check: inFiles("TestWrittenInTheFuture"), Want: "--- FAIL: TestWrittenInTheFuture",
	},
	{
		Name:  "what is no plain file is waited for",
		File:  "filecache/entry.go",
		Old:   "	if !info.Mode().IsRegular() || info.Size() < headerSize {",
		New:   "	if false {",
		Check: []string{"go", "test", "-timeout", "20s", "-run", "^TestPipeWithAWriter$", "./filecache"}, Want: "TestPipeWithAWriter",
	},
	{
		Name:  "a named pipe without a writer is waited for",
		File:  "filecache/folder.go",
		Old:   "os.O_RDONLY|openFlags",
		New:   "os.O_RDONLY",
		Check: []string{"go", "test", "-timeout", "20s", "-run", "^TestNoPlainFile$", "./filecache"}, Want: "TestNoPlainFile",
	},
	{
		Name:  "cache files may be read by others",
		File:  "filecache/folder.go",
		Old:   "	fileMode   fs.FileMode = 0o600",
		New:   "	fileMode   fs.FileMode = 0o644",
		Check: inFiles("TestModes"), Want: "--- FAIL: TestModes",
	},
	{
		Name:  "a folder that everybody may write in is taken for cache files",
		File:  "filecache/folder.go",
		Old:   "info.Mode().Perm()&0o002 != 0",
		New:   "info == nil",
		Check: inFiles("TestFolders"), Want: "--- FAIL: TestFolders",
	},
	{
		Name:  "a folder with other files is taken for cache files",
		File:  "filecache/folder.go",
		Old:   "		if !isTemporary(name) && !isFolder(name) {",
		New:   "		if name == \"\" {",
		Check: inFiles("TestFolders"), Want: "--- FAIL: TestFolders",
	},
	{
		Name:  "Clean takes files out of any folder",
		File:  "filecache/folder.go",
		Old:   "	if errors.Is(err, errNoTag) && claim {",
		New:   "	if errors.Is(err, errNoTag) {",
		Check: inFiles("TestCleanRefuses"), Want: "--- FAIL: TestCleanRefuses",
	},
	{
		Name:  "Clean takes what is being written",
		File:  "filecache/clean.go",
		Old:   "age.Abs() >= c.TemporaryAge",
		New:   "age.Abs() >= 0",
		Check: inFiles("TestWriterIsKilled"), Want: "--- FAIL: TestWriterIsKilled",
	},
	{
		Name:  "Clean leaves what was begun and not finished",
		File:  "filecache/clean.go",
		Old:   "age.Abs() >= c.TemporaryAge",
		New:   "age < 0",
		Check: inFiles("TestWriterIsKilled"), Want: "--- FAIL: TestWriterIsKilled",
	},
	{
		Name:  "a dry run removes files",
		File:  "filecache/clean.go",
		Old:   "	if !c.DryRun {\n		if err := sub.Remove(name)",
		New:   "	{\n		if err := sub.Remove(name)",
		Check: inFiles("TestClean"), Want: "--- FAIL: TestClean",
	},
	{
		Name:  "a failed write leaves its file",
		File:  "filecache/write.go",
		Old:   "	_ = p.root.Remove(p.temporary) // else Clean does it\n",
		New:   "",
		Check: inFiles("TestFileSizeLimit"), Want: "--- FAIL: TestFileSizeLimit",
	},
	{
		Name:  "a removed folder ends the cache",
		File:  "filecache/write.go",
		Old:   "			failed = c.reopen(root)",
		New:   "			return failed",
		Check: inFiles("TestFolderIsRemoved"), Want: "--- FAIL: TestFolderIsRemoved",
	},
	{
		Name:  "a value in a file is read as another type",
		File:  "filecache/value.go",
		Old:   "	if !ok || len(name) == 0 || string(name[1:]) != typeName[T]() {",
		New:   "	if !ok || len(name) == 0 {",
		Check: inFiles("TestTypes"), Want: "--- FAIL: TestTypes",
	},
	{
		Name:  "a fragment in a file leaves its dependency out",
		File:  "funcoption.go",
		Old:   "	case o.keeper != nil:\n",
		New:   "	case o.keeper != nil:\n		return nil\n	case o.version == \"\\xff\":\n",
		Check: inFiles("TestDependsOnIsRefused"), Want: "--- FAIL: TestDependsOnIsRefused",
	},
	{
		Name:  "to drop a file without knowing its prefix is no error",
		File:  "internal/engine/compute_kept.go",
		Old:   "	if x.prefix, ok = e.functionPrefix(ctx, c.Name); !ok {",
		New:   "	if x.prefix, ok = e.functionPrefix(ctx, c.Name); false && ok {",
		Check: inFiles("TestFuncWithPrefix"), Want: "--- FAIL: TestFuncWithPrefix",
	},
}

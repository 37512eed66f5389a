// Command cacheops shows and steers the cache from a shell.
package main

func main() {}

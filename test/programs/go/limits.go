// Prints the limits of its cgroup, found as automaxprocs finds them: its path in /proc/self/cgroup, below where
// /proc/self/mountinfo says that the hierarchy is mounted.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func read(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return strings.TrimSpace(string(text))
}

// The path of each controller, and that of cgroup v2 under "".
func memberships() map[string]string {
	paths := map[string]string{}
	for _, line := range strings.Split(read("/proc/self/cgroup"), "\n") {
		fields := strings.SplitN(line, ":", 3)
		for _, controller := range strings.Split(fields[1], ",") {
			paths[controller] = fields[2]
		}
	}
	return paths
}

// The directory of the cgroup in the first mount of the controller's hierarchy.
func directory(controller string) string {
	path := memberships()[controller]
	for _, line := range strings.Split(read("/proc/self/mountinfo"), "\n") {
		before, after, _ := strings.Cut(line, " - ")
		mount, system := strings.Fields(before), strings.Fields(after)
		isV1 := system[0] == "cgroup" && strings.Contains(","+system[2]+",", ","+controller+",")
		if !isV1 && (controller != "" || system[0] != "cgroup2") {
			continue
		}
		below, err := filepath.Rel(mount[3], path)
		if err != nil || strings.HasPrefix(below, "..") {
			fmt.Fprintf(os.Stderr, "%s is not in %s of %s\n", path, mount[3], mount[4])
			os.Exit(1)
		}
		return filepath.Join(mount[4], below)
	}
	return ""
}

func value(controller, v2 string, v1 ...string) string {
	if _, isV1 := memberships()[controller]; !isV1 {
		return read(filepath.Join(directory(""), v2))
	}
	values := []string{}
	for _, file := range v1 {
		values = append(values, read(filepath.Join(directory(controller), file)))
	}
	return strings.Join(values, " ")
}

func main() {
	fmt.Println("cpu", value("cpu", "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"))
	fmt.Println("memory", value("memory", "memory.max", "memory.limit_in_bytes"))
	fmt.Println("pids", value("pids", "pids.max", "pids.max"))
}

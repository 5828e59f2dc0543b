package stack

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckAssets makes sure that each function is built, into what Lambda can run.
// Of most mistakes here Lambda tells only once it is invoked.
func CheckAssets(dir string) error {
	for _, f := range functions {
		folder := filepath.Join(dir, f.name)
		program := filepath.Join(folder, "bootstrap")
		problem := programProblem(program)
		if problem == "" {
			problem = companyProblem(folder)
		}
		if problem != "" {
			return fmt.Errorf("the function %s cannot be deployed: %s %s (run make build)", f.name, program, problem)
		}
	}
	return nil
}

// largestProgram is what Lambda takes, unzipped.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const largestProgram = 250 << 20

// programProblem says why Lambda would not run a program, or nothing. Lambda runs
// it as a user that does not own it, with the permissions that it has here.
// https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html
func programProblem(file string) string {
	const everyone fs.FileMode = 0o555
	info, err := os.Lstat(file)
	switch {
	case err != nil:
		return "is missing"
	case !info.Mode().IsRegular():
		return "isn't a file"
	case info.Size() == 0:
		return "is empty"
	case info.Size() > largestProgram:
		return fmt.Sprintf("has %d bytes; Lambda takes %d", info.Size(), largestProgram)
	case info.Mode().Perm()&everyone != everyone:
		return fmt.Sprintf("is not readable and executable for everyone (%s), which Lambda needs", info.Mode())
	}
	return machineProblem(file)
}

// machineProblem reads the program's header, and with it where its parts are.
func machineProblem(file string) string {
	program, err := elf.Open(file)
	if err != nil {
		return "isn't a program for Linux"
	}
	defer program.Close()
	if program.Machine != elf.EM_AARCH64 {
		return fmt.Sprintf("is a program for %s, and the functions run on %s", program.Machine, elf.EM_AARCH64)
	}
	if program.OSABI != elf.ELFOSABI_NONE && program.OSABI != elf.ELFOSABI_LINUX { // Go's linker writes the first
		return fmt.Sprintf("is a program for %s, and the functions run on Linux", program.OSABI)
	}
	return ""
}

// companyProblem wants nothing beside the program: it would be deployed, too.
func companyProblem(folder string) string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "is not to be read: " + err.Error()
	}
	for _, entry := range entries {
		if entry.Name() != "bootstrap" {
			return fmt.Sprintf("is not alone: %s would be deployed with it", entry.Name())
		}
	}
	return ""
}

package awstest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
)

// Program is the shortest file that is a program for a machine, as far as its
// header says, and different for each name. It does nothing.
func Program(name string, machine elf.Machine) []byte {
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64,
	}
	var file bytes.Buffer
	_ = binary.Write(&file, binary.LittleEndian, header) // a buffer takes everything
	file.WriteString("in place of " + name)
	return file.Bytes()
}

// Placeholders puts such a program where each function is built, so that
// what is synthesized depends on nothing that is built.
func Placeholders(dir string, functions ...string) error {
	for _, name := range functions {
		folder := filepath.Join(dir, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		file := filepath.Join(folder, "bootstrap")
		if err := os.WriteFile(file, Program(name, elf.EM_AARCH64), 0o755); err != nil {
			return err
		}
		if err := os.Chmod(file, 0o755); err != nil { // whatever the umask
			return err
		}
	}
	return nil
}

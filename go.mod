module qovery-key-rotation

go 1.26

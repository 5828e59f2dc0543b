package rotation

type Action string

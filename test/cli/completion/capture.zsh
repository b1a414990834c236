# Prints what zsh offers behind the last argument. The others are the completion's file and the directory in which it looks for files.
# zsh completes only in an interactive shell, so one runs in a pseudo-terminal. Its `compadd` prints the words in place of showing them.
zmodload zsh/zpty
zpty z zsh -f -i
() {
  zpty -w z source $1
  local line
  repeat 20; do
    zpty -r z line
    [[ $line == ready* ]] && return
  done
  print -u2 "zsh did not start"
  exit 2
} =( <<< "
PROMPT=
autoload compinit
compinit -u -D
bindkey '^M' undefined
bindkey '^J' undefined
bindkey '^I' complete-word
null-line () { print -r -- \$'\0' }
compprefuncs=( null-line )
comppostfuncs=( null-line exit )
compadd () {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd \"\$@\"
    return
  fi
  typeset -a hits
  builtin compadd -A hits \"\$@\"
  (( \$#hits )) && print -rl -- \$hits
  builtin compadd \"\$@\" # _files asks whether anything was added.
}
cd ${(q)2}
source ${(q)1}
echo ready
" )
zpty -w z "$3"$'\t'
integer nulls=0
while zpty -r z; do :; done | while IFS= read -r line; do
  if [[ $line == *$'\0'* ]]; then
    (( ++nulls == 2 )) && break
  elif (( nulls == 1 )); then
    print -r -- ${line%$'\r'}
  fi
done

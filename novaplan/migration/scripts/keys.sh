# novaplan-keys.sh WORK OLD NEW ADDED SIGN...
# Does WORK with every key of one client, in batches, and prints how many it was. The key is called NAME in DB OLD, and
# ADDED with NAME behind it in DB NEW. A SIGN is + or - with a prefix: the first that NAME begins with tells whether the
# key is one of the client; where none fits, it is not.
set -eu
cli="redis-cli -e @SERVER@ --raw"
[ $# -gt 4 ] || { echo "usage: $0 WORK OLD NEW ADDED SIGN..." >&2 && exit 2; }
work=$1 old=$2 new=$3
shift

# Lua, in which [[text]] is a text.
shared="
local old, new, added, n, out = ARGV[2], ARGV[3], ARGV[4], 0, {}
local signs = tonumber(ARGV[1])
local function at(db, ...) redis.call([[SELECT]], db) return redis.call(...) end
local function mine(name)
  for i = 5, 4 + signs do
    local prefix = ARGV[i]:sub(2)
    if name:sub(1, #prefix) == prefix then return ARGV[i]:sub(1, 1) == [[+]] end
  end
  return false
end
local count = {list = [[LLEN]], set = [[SCARD]], zset = [[ZCARD]], hash = [[HLEN]], stream = [[XLEN]], string = [[GET]]}
local function seen(db, it)
  local kind = at(db, [[TYPE]], it).ok
  return {kind, at(db, [[PTTL]], it), count[kind] and at(db, count[kind], it) or 0}
end
local function unlike(a, b)
  return (a[1] ~= b[1] or math.abs(a[2] - b[2]) > 1000 or a[3] ~= b[3]) and 1 or 0
end
local crlf = string.char(13, 10)
local function word(text) return string.char(36) .. #text .. crlf .. text .. crlf end
local keep = [=[if redis.call([[EXISTS]], KEYS[1]) == 0 then redis.call([[RESTORE]], KEYS[1], ARGV[1], ARGV[2]) end]=]
local function sent(db, it, name)
  local value, ttl = at(db, [[DUMP]], it), math.max(at(db, [[PTTL]], it), 0)
  if not value then return [[]] end
  local all = word([[EVAL]]) .. word(keep) .. word([[1]]) .. word(name) .. word(tostring(ttl)) .. word(value)
  return [[*6]] .. crlf .. all
end
local function told(db, it, name)
  local one = seen(db, it)
  if one[1] == [[none]] then return [[]] end
  local lives, value = one[2] > 0 and [[expires]] or [[stays]], redis.sha1hex(tostring(one[3]))
  return table.concat({name, one[1], lives, value}, [[ ]]) .. string.char(10)
end
"
in_old="local key, twin = name, added .. name"
in_new="local key, twin = name:sub(1, #added) == added and name:sub(#added + 1), name"
case $work in
copy) names=$in_old each="n = n + at(old, [[COPY]], key, twin, [[DB]], new)" ;;
differing) names=$in_old each="n = n + unlike(seen(old, key), seen(new, twin))" ;;
left-over) names=$in_new each="n = n + 1 - at(old, [[EXISTS]], key)" ;;
back) names=$in_new each="n = n + at(new, [[COPY]], twin, key, [[DB]], old, [[REPLACE]])" ;;
prune) names=$in_old each="if at(new, [[EXISTS]], twin) == 0 then n = n + at(old, [[UNLINK]], key) end" ;;
drop-old) names=$in_old each="n = n + at(old, [[UNLINK]], key)" ;;
drop-new) names=$in_new each="n = n + at(new, [[UNLINK]], twin)" ;;
send-old) names=$in_old each="out[#out + 1] = sent(old, key, twin)" ;;
send-new) names=$in_new each="out[#out + 1] = sent(new, twin, key)" ;;
tell-old) names=$in_old each="out[#out + 1] = told(old, key, key)" ;;
tell-new) names=$in_new each="out[#out + 1] = told(new, twin, key)" ;;
*) echo "no such work: $work" >&2 && exit 2 ;;
esac
db=$old
[ "$names" = "$in_old" ] || db=$new
signs=$(($# - 3))
loop="for _, name in ipairs(found) do $names if key and mine(key) then $each end end"

case $work in
send-* | tell-*)
    lua="$shared local found = {} for i = 5 + signs, #ARGV do found[#found + 1] = ARGV[i] end $loop return table.concat(out)"
    $cli -n "$db" --scan | tr "\n" "\0" | xargs -0 -r -n 200 $cli eval "$lua" 0 "$signs" "$@"
    ;;
*)
    lua="$shared local page = at($db, [[SCAN]], ARGV[5 + signs], [[COUNT]], 200) local found = page[2] $loop return {page[1], n}"
    cursor=0 total=0
    while :; do
        found=$($cli eval "$lua" 0 "$signs" "$@" "$cursor")
        cursor=$(echo "$found" | sed -n 1p)
        total=$((total + $(echo "$found" | sed -n 2p)))
        [ "$cursor" != 0 ] || break
    done
    echo "$total"
    ;;
esac

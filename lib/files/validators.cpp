#include "files/validators.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/hex.hpp"
#include "files/limits.hpp"
#include "http/date.hpp"
#include "http/field_name.hpp"

namespace ferrotunnel::files {
namespace {

constexpr std::int64_t nanoseconds = 1'000'000'000;

std::int64_t seconds_of(std::int64_t time) noexcept {
    return time / nanoseconds - (time % nanoseconds < 0 ? 1 : 0);
}

// A digest of 64 bits (FNV-1a, then mixed), so that the inode number is not revealed.
std::uint64_t digest_of(const FileStamp& stamp) noexcept {
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    for (std::uint64_t word : {stamp.device, stamp.inode, stamp.size, static_cast<std::uint64_t>(stamp.modified),
                               static_cast<std::uint64_t>(stamp.changed)}) {
        for (int i = 0; i < 8; ++i, word >>= 8) {
            hash = (hash ^ (word & 0xff)) * 1'099'511'628'211U;
        }
    }
    return (hash ^ hash >> 32) * 0x9e37'79b9'7f4a'7c15U;
}

struct EntityTag {
    std::string_view tag;  // with its quotes
    bool weak = false;
};

bool is_tag_byte(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

// Removes the next entity tag from a list. Empty if the list is at its end, or malformed from here on.
std::optional<EntityTag> take_tag(std::string_view& list) noexcept {
    list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
    EntityTag taken;
    taken.weak = list.starts_with("W/");
    const std::size_t begin = taken.weak ? 2 : 0;
    if (list.size() <= begin || list[begin] != '"') {
        return std::nullopt;
    }
    std::size_t end = begin + 1;
    while (end < list.size() && is_tag_byte(list[end])) {
        ++end;
    }
    if (end == list.size() || list[end] != '"') {
        return std::nullopt;
    }
    taken.tag = list.substr(begin, end + 1 - begin);
    list.remove_prefix(end + 1);
    return taken;
}

bool fits(const EntityTag& tag, const Validators& validators, bool strongly) noexcept {
    return tag.tag == validators.tag && (!strongly || (!tag.weak && validators.strong));
}

struct Condition {
    bool present = false;
    bool holds = false;
};

// If-Match (`strongly`) or If-None-Match: whether one of all tags in all fields of that name matches.
Condition tags_condition(const http::Fields& fields, std::string_view name, const Validators& validators,
                         bool strongly) {
    Condition condition;
    for (const http::Field& field : fields) {
        if (!http::same_text(field.name, name)) {
            continue;
        }
        condition.present = true;
        condition.holds = condition.holds || field.value == "*";
        std::string_view list = field.value;
        while (const auto tag = take_tag(list)) {
            condition.holds = condition.holds || fits(*tag, validators, strongly);
        }
    }
    return condition;
}

// If-Unmodified-Since or If-Modified-Since: whether the file has not changed since that date. Times of files can be
// set: one that replaced a newer one has an earlier time, and was changed since.
Condition date_condition(const http::Fields& fields, std::string_view name, const Validators& validators) {
    const auto text = fields.first(name);
    const auto date = text && validators.modified ? http::read_date(*text) : std::nullopt;
    return {date.has_value(),
            date && (*validators.modified == *date || (*validators.modified < *date && validators.changed < *date))};
}

}  // namespace

Validators Validators::of(const FileStamp& stamp, std::int64_t now) {
    Validators made;
    made.tag = std::string(18, '"');
    std::uint64_t digest = digest_of(stamp);
    for (std::size_t i = 16; i > 0; --i, digest >>= 4) {
        made.tag[i] = hex_digits[digest & 15];
    }
    made.strong = now - std::max(stamp.modified, stamp.changed) >= nanoseconds * limits::files_settled_after.count();
    if (const std::int64_t modified = seconds_of(std::min(stamp.modified, now));
        modified >= limits::files_earliest_date.count()) {
        made.modified = modified;
    }
    made.changed = seconds_of(stamp.changed);
    return made;
}

Verdict judge_conditions(const http::Fields& fields, const Validators& validators) {
    if (const Condition match = tags_condition(fields, "If-Match", validators, true); match.present) {
        if (!match.holds) {
            return Verdict::failed;
        }
    } else if (const Condition date = date_condition(fields, "If-Unmodified-Since", validators);
               date.present && !date.holds) {
        return Verdict::failed;
    }
    if (const Condition none_match = tags_condition(fields, "If-None-Match", validators, false); none_match.present) {
        return none_match.holds ? Verdict::not_modified : Verdict::go_on;
    }
    const Condition since = date_condition(fields, "If-Modified-Since", validators);
    return since.holds ? Verdict::not_modified : Verdict::go_on;
}

bool allows_range(const http::Fields& fields, const Validators& validators) {
    const auto text = fields.first("If-Range");
    if (!text) {
        return true;
    }
    std::string_view list = *text;
    if (const auto tag = take_tag(list)) {
        return list.empty() && fits(*tag, validators, true);
    }
    return validators.strong && validators.modified && http::read_date(*text) == *validators.modified;
}

}  // namespace ferrotunnel::files

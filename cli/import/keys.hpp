// Reads the keys of a source and reports those that nothing reads.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draft.hpp"
#include "member_index.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {

/// A key without an equivalent, for tables. A `key` that ends in `.*` names everything below it.
struct NoEquivalent {
    std::string_view key;
    std::string_view why;
    std::string_view instead = {};
};

/// A map of a source. All that is read through it is remembered, also by those made with `map` and `maps`: what is left
/// is reported as lost by `lose_rest`. Paths are dotted: `transport.tls.enable`; a key that itself contains the whole
/// path is found first. A value of the wrong type is lost with that reason. The source has to outlive it.
class Keys {
public:
    Keys(const Source& source, const Value& map, std::string path = {});

    bool has(std::string_view path) const { return find(path) != nullptr; }

    /// The value, which is not marked as read, or nullptr. An empty path is this map itself.
    const Value* find(std::string_view path) const;

    /// The value, marked as read with all that is below it, or nullptr.
    const Value* take(std::string_view path);

    /// Scalars. An empty text counts as missing.
    std::optional<std::string> text(std::string_view path);
    std::optional<bool> boolean(Draft& draft, std::string_view path);

    /// A whole number within bounds, in decimal digits without leading zeros; anything else is lost. `digits` also
    /// returns an env_reference, whose variable has the number.
    std::optional<long long> number(Draft& draft, std::string_view path, long long min, long long max);
    std::optional<std::string> digits(Draft& draft, std::string_view path, long long min, long long max);

    /// A list of scalars; a scalar is a list of one.
    std::vector<std::string> texts(std::string_view path);

    /// The map at this path; an empty one if it is missing. Only what is read through it is marked.
    Keys map(std::string_view path) const;

    /// The maps in a list, or in a map by their keys (`key()` is the key then).
    std::vector<Keys> maps(std::string_view path) const;

    /// The key of this map within its parent's map, or the number in its parent's list as `[2]`, counted from 1.
    const std::string& key() const { return key_; }

    /// The keys of this map.
    std::vector<std::string> names() const;

    /// The place of the value at this path; of the map itself if there is none.
    Origin origin(std::string_view path = {}) const;

    /// The key's full name, for lists of what was lost: `proxies[2].name`.
    std::string full(std::string_view path) const;

    /// Marks what is at this path as read, and reports it as lost if it is there.
    void lose(Draft& draft, std::string_view path, std::string_view why, std::string_view instead = {});
    void lose(Draft& draft, std::span<const NoEquivalent> table);

    /// Marks what is at this path as read, and reports it as needless if it is there.
    void skip(Draft& draft, std::string_view path, std::string_view why);

    /// Reports a value as needless if it is missing, empty, 0 or false, and as lost otherwise.
    void lose_unless_off(Draft& draft, std::string_view path, std::string_view why, std::string_view instead = {});

    /// Marks as read what needs no equivalent, such as a key whose value is the only one that exists here.
    void ignore(std::string_view path) { take(path); }

    /// Reports every key below this map that nothing has read.
    void lose_rest(Draft& draft, std::string_view why = "there is no equivalent") const;

    const Source& source() const { return *source_; }
    const Value& value() const { return *map_; }

private:
    struct Read {
        std::set<const Value*> values;
        MemberIndex index;
    };

    Keys(const Source& source, const Value& map, std::string path, std::string key, std::shared_ptr<Read> read);
    void mark(const Value& value);
    std::optional<std::string> scalar(Draft& draft, std::string_view path, std::string_view why);
    void lose_rest_of(Draft& draft, const Value& value, const std::string& path, std::string_view why) const;

    const Source* source_;
    const Value* map_;
    std::string path_;
    std::string key_;
    std::shared_ptr<Read> read_;
};

}  // namespace ferrotunnel::cli::importing

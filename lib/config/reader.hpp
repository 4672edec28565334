// Typed access to a tree. Unexpected values go to the report, with the path of the key, what was expected and what was
// found. The caller then gets no value and continues, so that all problems are reported at once.
//
//    Section server = root.section("server")...
//    if (auto value = server.find("drain")) { assign(drain, value->time()); }
//    server.finish();  // keys that were not looked up are unknown
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "config/expand.hpp"
#include "config/node.hpp"
#include "config/report.hpp"

namespace ferrotunnel::config {

class Section;

/// Shared context of all values of one reading.
struct Context {
    Report& report;
    Environment environment;                  // empty: variables are not replaced
    std::string folder;                       // of the file, for relative paths; empty: the current one
    std::set<std::string> keys;               // the paths of all keys that were looked up; indices of lists as "[]"
    bool explains_foreign_keys = true;        // keys of other tunnels get their equivalent here
    std::vector<std::string> more_folders{};  // of the included files, by Place::file from 1 on

    const std::string& folder_of(const Place& place) const {
        return place.file == 0 || place.file > more_folders.size() ? folder : more_folders[place.file - 1];
    }
};

/// The message for an unknown key, with the closest known key, or with all of them.
std::string no_such_key(std::string_view key, const std::vector<std::string>& known);

/// A present value. The Node and the Context must outlive it.
class Value {
public:
    /// `key_place` is the place to report if there is no value, since the value's own place is then that of the next
    /// key.
    Value(const Node& node, Context& context, std::string path, Place key_place);

    std::optional<std::string> text() const;
    /// Like text(), but with `expected` in problems.
    std::optional<std::string> text_for(std::string_view expected) const;
    /// Like text(), but without a report.
    std::optional<std::string> try_text() const;
    /// A text that is not empty.
    std::optional<std::string> word() const;
    std::optional<bool> boolean() const;
    std::optional<std::uint64_t> number(std::uint64_t min, std::uint64_t max) const;
    std::optional<std::chrono::milliseconds> time(std::chrono::milliseconds most = limits::config_time_max) const;
    std::optional<std::uint64_t> size(std::uint64_t min, std::uint64_t max) const;
    /// The index of the value in `choices`.
    std::optional<std::size_t> choice(const std::vector<std::string>& choices) const;
    /// The path of a file or folder; a relative one is resolved against the file's folder.
    std::optional<std::string> path() const;
    /// The items of a list.
    std::vector<Value> items() const;
    /// The items of a list, or the value itself as the only one.
    std::vector<Value> items_or_single() const;
    /// The keys of a group; a missing value counts as a group without keys.
    Section section() const;

    /// The text as written, before variables are replaced.
    const std::string& written() const noexcept { return node_->text; }
    const Node& node() const noexcept { return *node_; }
    bool begins_with(std::string_view prefix) const noexcept;
    bool has_variables() const noexcept;
    bool is_text() const noexcept { return node_->kind == Node::Kind::text; }
    bool is_group() const noexcept { return node_->kind == Node::Kind::map; }
    /// Marks the value as a possible secret, which no message repeats.
    void hide() noexcept { hidden_ = true; }

    void problem(std::string text) const;
    /// Reports a problem with the value's key, in a group with free keys.
    void problem_at_key(std::string_view text) const;
    /// Reports "expected ..., found ...".
    void unexpected(std::string_view expected) const;
    Place place() const noexcept;
    const std::string& key_path() const noexcept { return path_; }
    Context& context() const noexcept { return *context_; }
    std::string in_folder(std::string_view file) const;

private:
    Result<std::string, ExpandError> expanded_text() const;

    const Node* node_;
    Context* context_;
    std::string path_;
    Place key_place_;
    bool hidden_ = false;
};

/// A group of keys.
class Section {
public:
    Section(const Node& node, Context& context, std::string path, Place place);

    /// Makes a key known without looking it up.
    void declare(std::string_view key);
    /// The value of a key, if present. Makes the key known.
    std::optional<Value> find(const std::string& key);
    /// All keys with their values, in a group with free keys. Makes them known.
    std::vector<std::pair<std::string, Value>> all();
    bool has(std::string_view key) const;
    /// Whether an unknown key is a key of another tunnel for this property of a service.
    bool has_foreign(std::string_view what) const;
    /// Reports all keys that were not looked up. `hidden`: without repeating them.
    void finish(bool hidden = false);

    void problem(std::string_view text) const;
    Place place() const noexcept { return place_; }
    const std::string& path() const noexcept { return path_; }
    std::string path_of(const std::string& key) const;
    Context& context() const noexcept { return *context_; }

private:
    void report_unknown(const Entry& entry) const;

    const Node* node_;
    Context* context_;
    std::string path_;
    Place place_;
    std::vector<std::string> known_;
};

template <typename T, typename U>
void assign(T& into, const std::optional<U>& value) {
    if (value) {
        into = static_cast<T>(*value);
    }
}

}  // namespace ferrotunnel::config

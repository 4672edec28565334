// Typed access to a tree. Whatever is not as expected goes to the report, with the path of its key, what was expected
// and what was found; the caller gets nothing then and goes on, so that all problems are told at once.
//
//    Section server = root.section("server")...
//    if (auto value = server.find("drain")) { assign(drain, value->time()); }
//    server.finish();  // what was not asked for is unknown
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

/// What all values of one reading share.
struct Context {
    Report& report;
    Environment environment;
    std::string folder;          // of the file, for relative paths; empty: the current one
    std::set<std::string> keys;  // the paths of all keys that were asked for; items of lists as "[]"
};

/// A value that is there. The Node and the Context outlive it.
class Value {
public:
    /// `key_place`: where to point when there is no value, as the value's own place is then the next key's.
    Value(const Node& node, Context& context, std::string path, Place key_place);

    std::optional<std::string> text() const;
    /// The same without a report.
    std::optional<std::string> try_text() const;
    /// A text that is not empty.
    std::optional<std::string> word() const;
    std::optional<bool> boolean() const;
    std::optional<std::uint64_t> number(std::uint64_t min, std::uint64_t max) const;
    std::optional<std::chrono::milliseconds> time(std::chrono::milliseconds most = limits::config_time_max) const;
    std::optional<std::uint64_t> size(std::uint64_t min, std::uint64_t max) const;
    /// Which of `choices` it is.
    std::optional<std::size_t> choice(const std::vector<std::string>& choices) const;
    /// The path of a file or folder; a relative one is made relative to the file's folder.
    std::optional<std::string> path() const;
    /// The items of a list.
    std::vector<Value> items() const;
    /// The same, or the value itself as the only one.
    std::vector<Value> items_or_single() const;
    /// The keys of a group; nothing at all is a group without keys.
    Section section() const;

    /// The text as it is written, before variables are replaced.
    const std::string& written() const noexcept { return node_->text; }
    bool begins_with(std::string_view prefix) const noexcept;
    bool has_variables() const noexcept;
    bool is_text() const noexcept { return node_->kind == Node::Kind::text; }
    bool is_group() const noexcept { return node_->kind == Node::Kind::map; }
    /// From now on no message repeats what stands here: it may be a secret.
    void hide() noexcept { hidden_ = true; }

    void problem(std::string text) const;
    /// The same about its key, where that may be any.
    void problem_at_key(std::string text) const;
    /// "expected ..., found ..."
    void unexpected(std::string_view expected) const;
    Place place() const noexcept;
    const std::string& key_path() const noexcept { return path_; }
    Context& context() const noexcept { return *context_; }
    std::string in_folder(std::string_view file) const;

private:
    std::optional<std::string> expanded(std::string_view expected) const;

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

    /// The value of a key, if it is there. From then on the key is a known one.
    std::optional<Value> find(const std::string& key);
    /// All keys with their values, where they may be any. From then on they are known ones.
    std::vector<std::pair<std::string, Value>> all();
    bool has(std::string_view key) const;
    /// Among the keys that nobody has asked for is one of another tunnel, which says this of a service.
    bool has_foreign(std::string_view what) const;
    /// Reports all keys that nobody has asked for. `hidden`: without repeating them.
    void finish(bool hidden = false);

    void problem(std::string text) const;
    Place place() const noexcept { return place_; }
    const std::string& path() const noexcept { return path_; }
    std::string path_of(const std::string& key) const;
    Context& context() const noexcept { return *context_; }

private:
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

// An ordered tree of YAML values that remembers where each came from.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "child_index.hpp"
#include "origin.hpp"

namespace ferrotunnel::cli::importing {

/// A value in the configuration to be written. References to nodes stay valid while siblings are added.
class Node {
public:
    enum class Kind { empty, scalar, list, map };

    Kind kind() const { return kind_; }
    const std::string& key() const { return key_; }  // within a map
    const std::string& scalar() const { return scalar_; }
    const std::list<Node>& children() const { return children_; }
    std::list<Node>& children() { return children_; }
    const std::optional<Origin>& origin() const { return origin_; }

    /// The child at a path like `limits.backend_connect_timeout`, or nullptr.
    const Node* find(std::string_view path) const;

    /// The child with this key, which may contain dots, or nullptr.
    const Node* find_child(std::string_view key) const {
        return kind_ == Kind::map ? index_.find(children_, key) : nullptr;
    }

    /// The child at this path, created as an empty node with its parents if it is missing. Keys that contain dots are
    /// reached with `child`.
    Node& at(std::string_view path);
    Node& child(std::string_view key);

    /// Sets the scalar at this path; replaces one that is there. The value is written as YAML needs it: texts that
    /// YAML would read as another type are quoted, `$` becomes `$$`, `env_reference` becomes `${NAME}`.
    Node& set(std::string_view path, std::string value, std::optional<Origin> origin = {});
    Node& set(std::string_view path, const char* value, std::optional<Origin> origin = {});
    Node& set(std::string_view path, bool value, std::optional<Origin> origin = {});
    Node& set(std::string_view path, long long value, std::optional<Origin> origin = {});

    /// As `set`, for a key of this map that may contain dots.
    Node& put(std::string_view key, std::string value, std::optional<Origin> origin = {});

    /// Appends to this list (an empty node becomes one): a scalar, or an empty node to be filled.
    Node& add(std::string value, std::optional<Origin> origin = {});
    Node& add();

    void set_origin(std::optional<Origin> origin) { origin_ = std::move(origin); }
    void remove(std::string_view key);

private:
    Kind kind_ = Kind::empty;
    bool is_plain_ = false;  // a number or a boolean, never quoted
    std::string key_;
    std::string scalar_;
    std::list<Node> children_;
    std::optional<Origin> origin_;
    ChildIndex index_;

public:
    /// Whether the scalar is a number or a boolean rather than a text.
    bool is_plain() const { return is_plain_; }
};

}  // namespace ferrotunnel::cli::importing

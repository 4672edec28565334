#include "node.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::cli::importing {
namespace {

/// The part before the first dot, and what follows it.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
    const std::size_t dot = path.find('.');
    return dot == std::string_view::npos ? std::pair{path, std::string_view()}
                                         : std::pair{path.substr(0, dot), path.substr(dot + 1)};
}

}  // namespace

const Node* Node::find(std::string_view path) const {
    const auto [first, rest] = split(path);
    const Node* const found = find_child(first);
    return found == nullptr || rest.empty() ? found : found->find(rest);
}

Node& Node::at(std::string_view path) {
    const auto [first, rest] = split(path);
    Node& node = child(first);
    return rest.empty() ? node : node.at(rest);
}

Node& Node::child(std::string_view key) {
    kind_ = Kind::map;
    if (Node* const found = index_.find(children_, key)) {
        return *found;
    }
    Node& node = children_.emplace_back();
    node.key_ = key;
    index_.add(node);
    return node;
}

Node& Node::set(std::string_view path, std::string value, std::optional<Origin> origin) {
    const auto [first, rest] = split(path);
    return rest.empty() ? put(first, std::move(value), std::move(origin))
                        : child(first).set(rest, std::move(value), std::move(origin));
}

Node& Node::put(std::string_view key, std::string value, std::optional<Origin> origin) {
    Node& node = child(key);
    node.kind_ = Kind::scalar;
    node.is_plain_ = false;
    node.children_.clear();
    node.index_ = {};
    node.scalar_ = std::move(value);
    node.origin_ = std::move(origin);
    return node;
}

Node& Node::set(std::string_view path, const char* value, std::optional<Origin> origin) {
    return set(path, std::string(value), std::move(origin));
}

Node& Node::set(std::string_view path, bool value, std::optional<Origin> origin) {
    Node& node = set(path, std::string(value ? "on" : "off"), std::move(origin));
    node.is_plain_ = true;
    return node;
}

Node& Node::set(std::string_view path, long long value, std::optional<Origin> origin) {
    Node& node = set(path, std::to_string(value), std::move(origin));
    node.is_plain_ = true;
    return node;
}

Node& Node::add(std::string value, std::optional<Origin> origin) {
    Node& node = add();
    node.kind_ = Kind::scalar;
    node.scalar_ = std::move(value);
    node.origin_ = std::move(origin);
    return node;
}

Node& Node::add() {
    kind_ = Kind::list;
    return children_.emplace_back();
}

void Node::remove(std::string_view key) {
    index_ = {};
    children_.remove_if([key](const Node& node) { return node.key_ == key; });
}

}  // namespace ferrotunnel::cli::importing

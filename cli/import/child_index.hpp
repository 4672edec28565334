// Finds children of large nodes without a search through all of them, such as 50,000 header fields.
#pragma once

#include <cstddef>
#include <list>
#include <string_view>
#include <unordered_map>

namespace ferrotunnel::cli::importing {

class Node;

/// An index of the children of one node by their keys. A copy is empty, since its node has other children; then, and
/// if children were added by other means, it is built again.
class ChildIndex {
public:
    ChildIndex() = default;
    ChildIndex(const ChildIndex&) {}
    ChildIndex(ChildIndex&&) = default;
    ChildIndex& operator=(const ChildIndex&) {
        nodes_.clear();
        return *this;
    }
    ChildIndex& operator=(ChildIndex&&) = default;
    ~ChildIndex() = default;

    /// The first child with this key, or nullptr.
    Node* find(std::list<Node>& children, std::string_view key);

    /// The same without a new index: a copy is searched.
    const Node* find(const std::list<Node>& children, std::string_view key) const;

    /// Notes a child that was appended.
    void add(Node& child);

private:
    bool is_complete(const std::list<Node>& children) const;
    Node* indexed(std::string_view key) const;

    std::unordered_multimap<std::string_view, Node*> nodes_;
};

}  // namespace ferrotunnel::cli::importing

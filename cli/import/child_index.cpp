#include "child_index.hpp"

#include <algorithm>

#include "node.hpp"
#include "visits.hpp"

namespace ferrotunnel::cli::importing {

Node* ChildIndex::find(std::list<Node>& children, std::string_view key) {
    constexpr std::size_t searched_max = 16;  // an index of fewer children costs more than it saves
    if (children.size() <= searched_max) {
        count_visits(children.size());
        const auto found = std::ranges::find(children, key, &Node::key);
        return found == children.end() ? nullptr : &*found;
    }
    if (!is_complete(children)) {
        count_visits(children.size());
        nodes_.clear();
        for (Node& child : children) {
            nodes_.emplace(child.key(), &child);
        }
    }
    return indexed(key);
}

const Node* ChildIndex::find(const std::list<Node>& children, std::string_view key) const {
    if (is_complete(children)) {
        return indexed(key);
    }
    count_visits(children.size());
    const auto found = std::ranges::find(children, key, &Node::key);
    return found == children.end() ? nullptr : &*found;
}

void ChildIndex::add(Node& child) {
    nodes_.emplace(child.key(), &child);
}

bool ChildIndex::is_complete(const std::list<Node>& children) const {
    return nodes_.size() == children.size();
}

Node* ChildIndex::indexed(std::string_view key) const {
    count_visits(1);
    const auto found = nodes_.find(key);
    return found == nodes_.end() ? nullptr : found->second;
}

}  // namespace ferrotunnel::cli::importing

#include "child_index.hpp"

#include <algorithm>

#include "node.hpp"
#include "visits.hpp"

namespace ferrotunnel::cli::importing {

Node* ChildIndex::find(const std::list<Node>& children, std::string_view key) {
    constexpr std::size_t searched_max = 16;  // an index of fewer children costs more than it saves
    if (children.size() <= searched_max) {
        count_visits(children.size());
        const auto found = std::ranges::find(children, key, &Node::key);
        return found == children.end() ? nullptr : const_cast<Node*>(&*found);
    }
    if (nodes_.size() != children.size()) {
        count_visits(children.size());
        nodes_.clear();
        for (const Node& child : children) {
            nodes_.emplace(child.key(), const_cast<Node*>(&child));
        }
    }
    count_visits(1);
    const auto found = nodes_.find(key);
    return found == nodes_.end() ? nullptr : found->second;
}

void ChildIndex::add(Node& child) {
    nodes_.emplace(child.key(), &child);
}

}  // namespace ferrotunnel::cli::importing

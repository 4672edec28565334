// What an expression is made of once it is compiled: nodes whose C++ types are those of their values. So there is
// nothing left that could be of a wrong type when it is evaluated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string_view>

#include "expression/facts.hpp"

namespace ferrotunnel::expression {

/// One evaluation: what it looks at, and the memory for the texts that it makes. A node is evaluated once at most, so
/// that this memory is bounded by the texts that are looked at. Most evaluations take none from the heap.
class Evaluation {
public:
    explicit Evaluation(const Facts& facts) noexcept : facts_(facts) {}

    const Facts& facts() const noexcept { return facts_; }
    /// `text` with ASCII letters in lower case. It is itself where it has no others, or else valid as long as this.
    std::string_view lower_ascii(std::string_view text);

private:
    const Facts& facts_;
    std::array<std::byte, 512> first_memory_;
    std::pmr::monotonic_buffer_resource memory_{first_memory_.data(), first_memory_.size()};
};

template <typename Value>
class Node {
public:
    virtual ~Node() = default;
    virtual Value evaluate(Evaluation& evaluation) const = 0;
};

using Boolean = std::unique_ptr<const Node<bool>>;
using Integer = std::unique_ptr<const Node<std::int64_t>>;
using Text = std::unique_ptr<const Node<std::string_view>>;

}  // namespace ferrotunnel::expression

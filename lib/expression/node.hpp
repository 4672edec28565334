// Nodes of compiled expressions, whose C++ types are those of their values, so that no type error is possible during
// evaluation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string_view>

#include "expression/facts.hpp"

namespace ferrotunnel::expression {

/// One evaluation: its input, and the memory for the texts that it makes. A node is evaluated at most once, so that
/// this memory is bounded by the input texts. Most evaluations allocate nothing on the heap.
class Evaluation {
public:
    explicit Evaluation(const Facts& facts) noexcept : facts_(facts) {}

    const Facts& facts() const noexcept { return facts_; }
    /// `text` with ASCII letters in lower case: `text` itself if it has no upper case, otherwise a text valid as long
    /// as this object.
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

// Buffers for writing heads, one at a time, reused for each.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "http/edits.hpp"

namespace ferrotunnel::exchange {

class HeadScratch {
public:
    /// Room for one head; its content is valid until the next head is written.
    std::vector<char>& head_room() noexcept { return head_room_; }
    /// The edits of the head that is being written, empty at first and valid until the next call.
    http::Edits& new_edits() noexcept {
        edits_.clear();
        texts_.clear();
        return edits_;
    }
    /// Holds a text that an edit points to, as long as the edits are valid.
    std::string& keep(std::string text) { return texts_.emplace_back(std::move(text)); }

private:
    std::vector<char> head_room_ = std::vector<char>(16_KiB);
    http::Edits edits_;
    std::deque<std::string> texts_;
};

}  // namespace ferrotunnel::exchange

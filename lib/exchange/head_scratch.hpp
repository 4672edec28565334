// Room to write heads in, one at a time, used again for each.
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
    /// Room to write one head in; its content is good until the next head is written.
    std::vector<char>& head_room() noexcept { return head_room_; }
    /// The edits of the head that is being written, empty at first and good until the next call.
    http::Edits& new_edits() noexcept {
        edits_.clear();
        texts_.clear();
        return edits_;
    }
    /// Holds a text that an edit points to, for as long as the edits are good.
    std::string& keep(std::string text) { return texts_.emplace_back(std::move(text)); }

private:
    std::vector<char> head_room_ = std::vector<char>(16_KiB);
    http::Edits edits_;
    std::deque<std::string> texts_;
};

}  // namespace ferrotunnel::exchange

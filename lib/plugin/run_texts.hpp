// Copies of the texts that hooks set in an exchange, limited in size. They live as long as its run.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "base/limits.hpp"

namespace ferrotunnel::plugin {

class RunTexts {
public:
    RunTexts() = default;
    RunTexts(const RunTexts&) = delete;
    RunTexts& operator=(const RunTexts&) = delete;

    bool has_room(std::size_t bytes) const noexcept { return bytes <= limits::plugin_texts_max - bytes_; }
    /// A copy of `text`; empty if there is no room for it.
    std::optional<std::string_view> keep(std::string_view text) {
        if (!has_room(text.size())) {
            return std::nullopt;
        }
        return text.empty() ? std::string_view() : std::string_view(copy(take(text.size()), text), text.size());
    }
    /// Replaces two texts, for which there is room, by a copy of both in one piece. The first must not be empty.
    void keep(std::string_view& first, std::string_view& second) {
        char* const room = take(first.size() + second.size());
        first = {copy(room, first), first.size()};
        if (!second.empty()) {
            second = {copy(room + first.size(), second), second.size()};
        }
    }

private:
    char* take(std::size_t bytes) {
        bytes_ += bytes;
        return static_cast<char*>(memory_.allocate(bytes, 1));
    }
    static const char* copy(char* to, std::string_view text) noexcept {
        std::memcpy(to, text.data(), text.size());
        return to;
    }

    std::size_t bytes_ = 0;
    std::array<std::byte, 512> first_room_;
    std::pmr::monotonic_buffer_resource memory_{first_room_.data(), first_room_.size()};
};

}  // namespace ferrotunnel::plugin

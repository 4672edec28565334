// A body collected for plugins, and the memory limit that a worker's exchanges share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "hooks/http_run.hpp"

namespace ferrotunnel::plugin {

/// Limits the memory of the bodies that a worker's exchanges collect.
class CollectBudget {
public:
    explicit CollectBudget(std::size_t most = limits::plugin_collected_max) noexcept : most_(most) {}

    bool take(std::size_t bytes) noexcept {
        if (bytes > most_ - taken_) {
            return false;
        }
        taken_ += bytes;
        return true;
    }
    void release(std::size_t bytes) noexcept { taken_ -= bytes; }
    std::size_t taken() const noexcept { return taken_; }

private:
    const std::size_t most_;
    std::size_t taken_ = 0;
};

class CollectedBody {
public:
    /// `budget` must outlive this object.
    explicit CollectedBody(CollectBudget& budget) noexcept : budget_(budget) {}
    ~CollectedBody() { clear(); }
    CollectedBody(const CollectedBody&) = delete;
    CollectedBody& operator=(const CollectedBody&) = delete;

    std::string_view bytes() const noexcept { return {room_.get(), size_}; }

    /// Adds a piece. The memory grows with the received bytes, not with the announced length. Adds nothing unless the
    /// result is `kept`.
    hooks::Collected add(std::string_view piece, std::size_t most) {
        if (piece.size() > most - std::min(size_, most)) {
            return hooks::Collected::too_large;
        }
        if (piece.size() > capacity_ - size_ && !grow(size_ + piece.size(), most)) {
            return hooks::Collected::no_room;
        }
        if (!piece.empty()) {
            std::memcpy(room_.get() + size_, piece.data(), piece.size());
            size_ += piece.size();
        }
        return hooks::Collected::kept;
    }
    void clear() noexcept {
        budget_.release(std::exchange(capacity_, 0));
        room_.reset();
        size_ = 0;
    }

private:
    static constexpr std::size_t first_capacity = 4'096;

    bool grow(std::size_t needed, std::size_t most) {
        const std::size_t capacity = std::max(needed, std::min(most, std::max(2 * capacity_, first_capacity)));
        auto room = std::make_unique<char[]>(capacity);
        if (!budget_.take(capacity - capacity_)) {
            return false;
        }
        if (size_ > 0) {
            std::memcpy(room.get(), room_.get(), size_);
        }
        room_ = std::move(room);
        capacity_ = capacity;
        return true;
    }

    CollectBudget& budget_;
    std::unique_ptr<char[]> room_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace ferrotunnel::plugin

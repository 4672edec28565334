// Counts visitors of public ports that wait for a client to reconnect, over all ports of a server. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::directory {

class HoldBook {
public:
    struct Settings {
        std::size_t visitors_max = limits::visitors_held_max;
        std::size_t datagram_bytes_max = limits::held_datagram_bytes_max;
    };
    struct Counts {
        std::uint64_t waiting = 0;   // now
        std::uint64_t held = 0;      // that have waited, in total ...
        std::uint64_t given_up = 0;  // ... and were reset, or found no room
    };

    HoldBook() : HoldBook(Settings{}) {}
    explicit HoldBook(const Settings& settings) noexcept : settings_(settings) {}

    Counts counts() const noexcept {
        return {waiting_.load(std::memory_order_relaxed), held_.load(std::memory_order_relaxed),
                given_up_.load(std::memory_order_relaxed)};
    }
    /// Counts a visitor that was reset, since there was no room.
    void turned_away() noexcept { given_up_.fetch_add(1, std::memory_order_relaxed); }

private:
    friend class HeldPlace;
    friend class HeldBytes;

    // Adds to a gauge, if it stays within `most`.
    static bool add(std::atomic<std::uint64_t>& to, std::uint64_t count, std::uint64_t most) noexcept {
        if (to.fetch_add(count, std::memory_order_relaxed) + count <= most) {
            return true;
        }
        to.fetch_sub(count, std::memory_order_relaxed);
        return false;
    }

    const Settings settings_;
    std::atomic<std::uint64_t> waiting_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<std::uint64_t> held_{0};
    std::atomic<std::uint64_t> given_up_{0};
};

/// The place of a waiting visitor, which counts as given up if this is destroyed before served().
class HeldPlace {
public:
    HeldPlace() noexcept = default;
    /// False afterwards if there was no room.
    explicit HeldPlace(const std::shared_ptr<HoldBook>& book) noexcept
        : book_(HoldBook::add(book->waiting_, 1, book->settings_.visitors_max) ? book : nullptr) {
        if (book_) {
            book_->held_.fetch_add(1, std::memory_order_relaxed);
        }
    }
    HeldPlace(HeldPlace&&) noexcept = default;
    HeldPlace& operator=(HeldPlace&&) = delete;
    ~HeldPlace() {
        if (book_) {
            book_->turned_away();
            served();
        }
    }

    explicit operator bool() const noexcept { return book_ != nullptr; }
    void served() noexcept { std::exchange(book_, nullptr)->waiting_.fetch_sub(1, std::memory_order_relaxed); }

private:
    std::shared_ptr<HoldBook> book_;
};

/// Room for the datagrams of one port's waiting visitors.
class HeldBytes {
public:
    HeldBytes() noexcept = default;
    /// False afterwards if there was no room.
    explicit HeldBytes(const std::shared_ptr<HoldBook>& book) noexcept
        : book_(HoldBook::add(book->bytes_, limits::udp_unopened_bytes_per_port_max, book->settings_.datagram_bytes_max)
                    ? book
                    : nullptr) {}
    HeldBytes(HeldBytes&&) noexcept = default;
    HeldBytes& operator=(HeldBytes&& other) noexcept {
        HeldBytes gone(std::move(other));
        book_.swap(gone.book_);
        return *this;
    }
    ~HeldBytes() {
        if (book_) {
            book_->bytes_.fetch_sub(limits::udp_unopened_bytes_per_port_max, std::memory_order_relaxed);
        }
    }

    explicit operator bool() const noexcept { return book_ != nullptr; }

private:
    std::shared_ptr<HoldBook> book_;
};

}  // namespace ferrotunnel::directory

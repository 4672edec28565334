// A list on which many threads put objects and from which one thread takes all of them. Each object is on it at most
// once.
//
// The taker must clear a node's flag *before* it looks for that node's work, so that later work puts the node back on
// the list.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::buffer {

/// Base of objects that can be listed. The list holds a reference to each node on it.
class ReadyNode : public RefCounted {
public:
    /// Whether it is on the list. Thread-safe.
    bool is_listed() const noexcept { return listed_.load(std::memory_order_acquire); }

private:
    template <typename>
    friend class ReadyList;
    std::atomic<bool> listed_{false};
    ReadyNode* next_ready_ = nullptr;
};

/// The list. T derives from ReadyNode.
template <typename T>
class ReadyList {
public:
    ReadyList() = default;
    ReadyList(const ReadyList&) = delete;
    ReadyList& operator=(const ReadyList&) = delete;
    ~ReadyList() { close(); }

    /// Puts `node` on the list; any thread. True if the list was empty before: then the caller must wake the taker.
    /// Both sides change the same word by read-modify-write, so this wake cannot be lost.
    bool put(T& node) noexcept {
        ReadyNode& base = node;
        if (base.listed_.exchange(true, std::memory_order_acq_rel)) {
            return false;
        }
        base.add_ref();
        ReadyNode* before = push(base);
        return before == nullptr;
    }

    /// Calls `visit(IntrusivePtr<T>)` for each node, in the order in which they were put; taker only. A node's flag is
    /// cleared before its visit. A visit may close or destroy the list: the nodes taken are visited all the same. A
    /// visit that throws (a bug) puts the unvisited nodes back on the list, which must then still exist.
    template <typename Visit>
    void take_all(Visit visit) {
        if (empty()) {
            return;
        }
        visit_in_order(head_.exchange(nullptr, std::memory_order_acq_rel), visit);
    }

    /// Releases all listed nodes and ignores every node put later; taker only.
    void close() noexcept {
        ReadyNode* rest = head_.exchange(closed_mark(), std::memory_order_acq_rel);
        if (rest != closed_mark()) {
            visit_in_order(rest, [](IntrusivePtr<T>) {});
        }
    }

    /// Whether nothing is listed; also true once closed.
    bool empty() const noexcept {
        ReadyNode* head = head_.load(std::memory_order_acquire);
        return head == nullptr || head == closed_mark();
    }

private:
    static ReadyNode* closed_mark() noexcept { return reinterpret_cast<ReadyNode*>(std::uintptr_t{1}); }

    // Takes over a reference to a node whose flag is set. Returns the previous first node; if that is the closed
    // mark, the reference has been released.
    ReadyNode* push(ReadyNode& node) noexcept {
        ReadyNode* head = head_.load(std::memory_order_relaxed);
        do {
            if (head == closed_mark()) {
                node.release();
                break;
            }
            node.next_ready_ = head;
        } while (!head_.compare_exchange_weak(head, &node, std::memory_order_release, std::memory_order_relaxed));
        return head;
    }

    // Owns the nodes that were taken and not yet visited; an exception puts them back.
    struct Taken {
        ~Taken() {
            while (first != nullptr) {
                list.push(*std::exchange(first, first->next_ready_));
            }
        }
        ReadyList& list;
        ReadyNode* first = nullptr;
    };

    template <typename Visit>
    void visit_in_order(ReadyNode* newest, Visit visit) {
        Taken taken{*this};
        while (newest != nullptr) {
            ReadyNode* next = newest->next_ready_;
            newest->next_ready_ = taken.first;
            taken.first = newest;
            newest = next;
        }
        while (taken.first != nullptr) {
            ReadyNode* node = std::exchange(taken.first, taken.first->next_ready_);
            node->listed_.exchange(false, std::memory_order_acq_rel);
            visit(IntrusivePtr<T>::adopt(static_cast<T*>(node)));
        }
    }

    std::atomic<ReadyNode*> head_{nullptr};
};

}  // namespace ferrotunnel::buffer

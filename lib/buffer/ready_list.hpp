// A list that many threads put things on and one takes whole. Each thing is on it at most once.
//
// The taker must clear a node's flag *before* it looks for that node's work: what comes later then puts it back.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::buffer {

/// Base of what can be listed. The list holds a reference to each node on it.
class ReadyNode : public RefCounted {
private:
    template <typename>
    friend class ReadyList;
    std::atomic<bool> listed_{false};
    ReadyNode* next_ready_ = nullptr;
};

/// T derives from ReadyNode.
template <typename T>
class ReadyList {
public:
    ReadyList() = default;
    ReadyList(const ReadyList&) = delete;
    ReadyList& operator=(const ReadyList&) = delete;
    ~ReadyList() { close(); }

    /// Any thread. True when the list was empty before: then the taker must be woken. Both sides change the same word
    /// by read-modify-write, so this wake can not be lost.
    bool put(T& node) noexcept {
        ReadyNode& base = node;
        if (base.listed_.exchange(true, std::memory_order_acq_rel)) {
            return false;
        }
        base.add_ref();
        ReadyNode* before = push(base);
        return before == nullptr;
    }

    /// The taker. Calls `visit(IntrusivePtr<T>)` for each, in the order in which they were put; flags are cleared
    /// first. A visit may close or destroy the list: what was taken is visited all the same. One that throws (a bug)
    /// leaves those that it kept from being visited on the list, which must then still be there.
    template <typename Visit>
    void take_all(Visit visit) {
        if (empty()) {
            return;
        }
        visit_in_order(head_.exchange(nullptr, std::memory_order_acq_rel), visit);
    }

    /// The taker. Lets go of what is listed and ignores everything that is put later.
    void close() noexcept {
        ReadyNode* rest = head_.exchange(closed_mark(), std::memory_order_acq_rel);
        if (rest != closed_mark()) {
            visit_in_order(rest, [](IntrusivePtr<T>) {});
        }
    }

    /// Also true once closed.
    bool empty() const noexcept {
        ReadyNode* head = head_.load(std::memory_order_acquire);
        return head == nullptr || head == closed_mark();
    }

private:
    static ReadyNode* closed_mark() noexcept { return reinterpret_cast<ReadyNode*>(std::uintptr_t{1}); }

    // Takes over a reference to a node whose flag is set. Answers what was first before; when that is the closed mark,
    // the reference is gone.
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

    // Owns what was taken and not yet visited; an exception puts it back.
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

// A list that many threads put things on and one takes whole. Each thing is on it at most once.
//
// The taker must clear a node's flag *before* it looks for that node's work: what comes later then puts it back.
#pragma once

#include <atomic>
#include <cstdint>

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
    bool put(T& node) {
        ReadyNode& base = node;
        if (base.listed_.exchange(true, std::memory_order_acq_rel)) {
            return false;
        }
        base.add_ref();
        ReadyNode* head = head_.load(std::memory_order_relaxed);
        do {
            if (head == closed_mark()) {
                base.release();
                return false;
            }
            base.next_ready_ = head;
        } while (!head_.compare_exchange_weak(head, &base, std::memory_order_release, std::memory_order_relaxed));
        return head == nullptr;
    }

    /// The taker. Calls `visit(IntrusivePtr<T>)` for each, in the order in which they were put; flags are cleared first.
    template <typename Visit>
    void take_all(Visit visit) {
        if (empty()) {
            return;
        }
        visit_in_order(head_.exchange(nullptr, std::memory_order_acq_rel), visit);
    }

    /// The taker. Lets go of what is listed and ignores everything that is put later.
    void close() {
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

    template <typename Visit>
    void visit_in_order(ReadyNode* node, Visit visit) {
        ReadyNode* reversed = nullptr;
        while (node != nullptr) {
            ReadyNode* next = node->next_ready_;
            node->next_ready_ = reversed;
            reversed = node;
            node = next;
        }
        while (reversed != nullptr) {
            ReadyNode* current = reversed;
            reversed = current->next_ready_;
            current->listed_.exchange(false, std::memory_order_acq_rel);
            visit(IntrusivePtr<T>::adopt(static_cast<T*>(current)));
        }
    }

    std::atomic<ReadyNode*> head_{nullptr};
};

}  // namespace ferrotunnel::buffer

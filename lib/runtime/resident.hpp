// What lives on a worker with no other owner, and must go before the worker's poller and timers do.
#pragma once

namespace ferrotunnel::runtime {

class ResidentList;

class Resident {
public:
    Resident() = default;
    Resident(const Resident&) = delete;
    Resident& operator=(const Resident&) = delete;

    /// The worker is about to be destroyed and runs no more: let go of its poller and timers. It is off the list by
    /// now.
    virtual void on_worker_end() noexcept = 0;

protected:
    ~Resident() { leave(); }
    /// Off the list, if it is on one.
    void leave() noexcept;

private:
    friend class ResidentList;
    ResidentList* list_ = nullptr;
    Resident* previous_ = nullptr;
    Resident* next_ = nullptr;
};

/// Of one worker; for its thread.
class ResidentList {
public:
    ResidentList() = default;
    ResidentList(const ResidentList&) = delete;
    ResidentList& operator=(const ResidentList&) = delete;

    void add(Resident& resident) noexcept {
        resident.leave();
        resident.list_ = this;
        resident.previous_ = nullptr;
        resident.next_ = first_;
        if (first_ != nullptr) {
            first_->previous_ = &resident;
        }
        first_ = &resident;
    }

    void end_all() noexcept {
        while (first_ != nullptr) {
            Resident& resident = *first_;
            resident.leave();
            resident.on_worker_end();
        }
    }

private:
    friend class Resident;
    Resident* first_ = nullptr;
};

inline void Resident::leave() noexcept {
    if (list_ == nullptr) {
        return;
    }
    (previous_ == nullptr ? list_->first_ : previous_->next_) = next_;
    if (next_ != nullptr) {
        next_->previous_ = previous_;
    }
    list_ = nullptr;
}

}  // namespace ferrotunnel::runtime

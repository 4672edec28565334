#include "buffer/mailbox.hpp"

#include <cstdint>
#include <utility>

namespace ferrotunnel::buffer {

Mailbox::Mailbox(std::unique_ptr<Doorbell> doorbell) : doorbell_(std::move(doorbell)) {}

Mailbox::~Mailbox() {
    close();
}

bool Mailbox::post(IntrusivePtr<Mail> mail) noexcept {
    Mail* head = head_.load(std::memory_order_relaxed);
    do {
        if (head == closed_mark()) {
            return false;
        }
        mail->next_mail_ = head;
    } while (!head_.compare_exchange_weak(head, mail.get(), std::memory_order_acq_rel, std::memory_order_relaxed));
    (void)mail.detach();  // now owned by the list
    if (parked_.exchange(false, std::memory_order_acq_rel)) {
        doorbell_->ring();
    }
    return true;
}

bool Mailbox::deliver_all() noexcept {
    collect();
    bool any = collected_ != nullptr;
    while (IntrusivePtr<Mail> mail = next()) {
        mail->deliver();
    }
    return any;
}

bool Mailbox::try_park() noexcept {
    parked_.exchange(true, std::memory_order_acq_rel);
    Mail* head = head_.load(std::memory_order_acquire);
    if (collected_ != nullptr || (head != nullptr && head != closed_mark())) {
        parked_.exchange(false, std::memory_order_acq_rel);  // not a store: see the header
        return false;
    }
    return true;
}

void Mailbox::close() noexcept {
    Mail* newest = head_.exchange(closed_mark(), std::memory_order_acq_rel);
    while (IntrusivePtr<Mail> mail = next()) {
        mail->dropped();
    }
    while (newest != nullptr && newest != closed_mark()) {
        auto mail = IntrusivePtr<Mail>::adopt(newest);
        newest = mail->next_mail_;
        mail->dropped();
    }
}

const void* Mailbox::this_thread() noexcept {
    thread_local const char place = 0;  // no other thread that runs has it
    return &place;
}

bool Mailbox::is_owned_here() const noexcept {
    const void* const owner = owner_.load(std::memory_order_relaxed);
    return owner == nullptr || owner == this_thread() || is_closed();
}

// Appends newly posted messages to those that are still to be delivered (there are some only within a delivery).
void Mailbox::collect() noexcept {
    Mail* newest = head_.load(std::memory_order_relaxed);
    if (newest == nullptr || newest == closed_mark()) {
        return;
    }
    newest = head_.exchange(nullptr, std::memory_order_acq_rel);
    Mail* oldest = nullptr;
    while (newest != nullptr) {
        Mail* older = std::exchange(newest->next_mail_, oldest);
        oldest = newest;
        newest = older;
    }
    Mail** end = &collected_;
    while (*end != nullptr) {
        end = &(*end)->next_mail_;
    }
    *end = oldest;
}

IntrusivePtr<Mail> Mailbox::next() noexcept {
    if (collected_ == nullptr) {
        return nullptr;
    }
    return IntrusivePtr<Mail>::adopt(std::exchange(collected_, collected_->next_mail_));
}

}  // namespace ferrotunnel::buffer

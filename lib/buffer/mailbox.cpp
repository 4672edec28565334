#include "buffer/mailbox.hpp"

#include <cstdint>

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
    (void)mail.detach();  // now the list's
    if (parked_.exchange(false, std::memory_order_acq_rel)) {
        doorbell_->ring();
    }
    return true;
}

bool Mailbox::deliver_all() noexcept {
    Mail* node = head_.load(std::memory_order_relaxed);
    if (node == nullptr || node == closed_mark()) {
        return false;
    }
    node = head_.exchange(nullptr, std::memory_order_acq_rel);
    Mail* in_order = nullptr;
    while (node != nullptr) {
        Mail* next = node->next_mail_;
        node->next_mail_ = in_order;
        in_order = node;
        node = next;
    }
    while (in_order != nullptr) {
        auto mail = IntrusivePtr<Mail>::adopt(in_order);
        in_order = mail->next_mail_;
        mail->deliver();
    }
    return true;
}

bool Mailbox::try_park() noexcept {
    parked_.exchange(true, std::memory_order_acq_rel);
    Mail* head = head_.load(std::memory_order_acquire);
    if (head != nullptr && head != closed_mark()) {
        parked_.store(false, std::memory_order_relaxed);
        return false;
    }
    return true;
}

void Mailbox::close() noexcept {
    Mail* node = head_.exchange(closed_mark(), std::memory_order_acq_rel);
    if (node == closed_mark()) {
        return;
    }
    while (node != nullptr) {
        auto mail = IntrusivePtr<Mail>::adopt(node);
        node = mail->next_mail_;
    }
}

}  // namespace ferrotunnel::buffer

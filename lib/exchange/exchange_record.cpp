#include "exchange/exchange_record.hpp"

#include "exchange/request_counts.hpp"

namespace ferrotunnel::exchange {

void ExchangeRecord::answer(std::uint16_t status) noexcept {
    has_answer_ = true;
    status_ = status;
    count_first_byte(at_.edge, at_.request, at_.now() - begun_at_);
}

void ExchangeRecord::end(const End& end) noexcept {
    const Duration took = at_.now() - begun_at_;
    count_answer(at_.edge, at_.request, status_, took);
    count_visitor(at_.edge, at_.request, at_.visitor.wire, end.request_bytes + answer_bytes_);
    if (end.run == nullptr && !access_.has_begun()) {
        return;
    }
    const hooks::Outcome outcome{status_, end.how == access::Outcome::complete, end.request_bytes, answer_bytes_, took};
    if (end.run != nullptr) {
        end.run->close(outcome);
    }
    access_.write(at_.request, at_.visitor, {outcome, end.how, end.cause, end.member}, begun_at_, at_.edge.log);
}

}  // namespace ferrotunnel::exchange

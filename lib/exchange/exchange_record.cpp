#include "exchange/exchange_record.hpp"

namespace ferrotunnel::exchange {

void ExchangeRecord::write(const End& end) noexcept {
    const Duration took = at_.now() - begun_at_;
    const hooks::Outcome outcome{status_, end.how == access::Outcome::complete, end.request_bytes, answer_bytes_, took};
    if (end.run != nullptr) {
        end.run->close(outcome);
    }
    access_.write(at_.request, at_.visitor, {outcome, end.how, end.cause, end.member}, begun_at_, at_.edge.log);
}

}  // namespace ferrotunnel::exchange

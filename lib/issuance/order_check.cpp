#include "issuance/order_check.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "issuance/limits.hpp"
#include "issuance/wall_clock.hpp"

namespace ferrotunnel::issuance {
namespace {

// The CA's name in a record: what is before the first semicolon.
std::string issuer_in(std::string_view record) {
    std::string_view issuer = record.substr(0, record.find(';'));
    constexpr std::string_view blanks = " \t";
    const std::size_t start = issuer.find_first_not_of(blanks);
    if (start == std::string_view::npos) {
        return {};
    }
    issuer = issuer.substr(start, issuer.find_last_not_of(blanks) + 1 - start);
    return std::string(issuer);
}

bool has_wildcard(const acme::Identifiers& names) {
    return std::any_of(names.begin(), names.end(), [](const acme::Identifier& name) { return name.is_wildcard(); });
}

std::string wrong_record_text(const std::string& name, const std::vector<std::string>& values) {
    std::string list;
    for (const std::string& value : shown_values(values)) {
        list += (list.empty() ? "" : ", ") + in_quotes(value);
    }
    return "the TXT record " + name + (values.empty() ? " is missing" : " has another value: " + list);
}

// The host of a certificate's names: the others are its wildcard.
acme::Identifier host_of(const acme::Identifiers& names) {
    acme::Identifier host = names.front();
    if (host.is_wildcard()) {
        host.value.erase(0, 2);
    }
    return host;
}

}  // namespace

bool has_persist_record(const std::vector<std::string>& records, const std::string& account_url, bool with_wildcard,
                        WallTime now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    return std::any_of(records.begin(), records.end(), [&](const std::string& record) {
        const std::string issuer = issuer_in(record);
        return !issuer.empty() && acme::is_persist_record(record, {issuer}, account_url, with_wildcard, seconds);
    });
}

std::string record_host(const acme::Identifiers& names) {
    return host_of(names).value;
}

std::vector<std::string> shown_values(const std::vector<std::string>& values) {
    std::vector<std::string> shown;
    for (const std::string& value : values) {
        if (shown.size() < limits::values_shown_max) {
            shown.push_back(printable(value, limits::value_shown_max));
        }
    }
    return shown;
}

ElsewhereStep after_elsewhere(const NameEntry& entry, bool is_at_staging, bool has_staging) noexcept {
    if (entry.is_configured || entry.has_passed_staging || is_at_staging) {
        return ElsewhereStep::order;
    }
    return has_staging ? ElsewhereStep::stage : ElsewhereStep::fail;
}

OrderCheck::OrderCheck(const Parts& parts, Work work, Done done)
    : parts_(parts), work_(std::move(work)), done_(std::move(done)), self_(std::make_shared<OrderCheck*>(this)) {}

OrderCheck::~OrderCheck() {
    *self_ = nullptr;
}

bool OrderCheck::has_way(acme::Way way) const noexcept {
    return std::find(work_.ways.begin(), work_.ways.end(), way) != work_.ways.end();
}

void OrderCheck::start() {
    const bool is_needed = has_way(acme::Way::http_01) || has_way(acme::Way::tls_alpn_01);
    if (!is_needed || !work_.needs_self_check || !parts_.settings.has_http) {
        check_record();
        return;
    }
    const SelfCheck::Target target{host_of(work_.names), parts_.settings.http_port, work_.is_of_stranger};
    self_check_ =
        std::make_unique<SelfCheck>(SelfCheck::Needs{parts_.network, parts_.dns, parts_.challenges, parts_.random},
                                    target, [this](const SelfCheckResult& result) {
                                        result_.self = result;
                                        result_.has_self = true;
                                        check_record();
                                    });
}

void OrderCheck::check_record() {
    if (!has_way(acme::Way::dns_persist_01)) {
        done_(result_);
        return;
    }
    parts_.dns.text_records(acme::persist_record_name(host_of(work_.names)), [self = self_](const DnsAnswer& answer) {
        if (*self != nullptr) {
            (*self)->have_record(answer);
        }
    });
}

void OrderCheck::have_record(const DnsAnswer& answer) {
    const std::string name = acme::persist_record_name(host_of(work_.names));
    if (!answer.error.empty()) {
        result_.record_problem = "the TXT record " + name + " cannot be looked up: " + answer.error;
    } else if (has_persist_record(answer.values, work_.account->url, has_wildcard(work_.names), wall_now())) {
        result_.has_record = true;
    } else {
        result_.is_record_missing = answer.values.empty();
        result_.record_problem = wrong_record_text(name, answer.values) + "; `ferrotunnel acme record " +
                                 record_host(work_.names) + "` prints the right one";
    }
    done_(result_);
}

}  // namespace ferrotunnel::issuance

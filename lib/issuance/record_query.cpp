#include "issuance/record_query.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "issuance/order_check.hpp"
#include "issuance/wall_clock.hpp"

namespace ferrotunnel::issuance {
namespace {

// The hosts whose wildcards need a record.
std::vector<std::string> hosts_with_wildcards(const Settings& settings) {
    std::vector<std::string> hosts;
    const auto add = [&hosts](const std::string& host) {
        if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) {
            hosts.push_back(host);
        }
    };
    if (const auto domain = acme::read_identifier(settings.domain)) {
        add(domain->value);
    }
    for (const acme::Identifier& name : settings.names) {
        if (name.is_wildcard()) {
            add(name.value.substr(2));
        }
    }
    return hosts;
}

acme::Identifier dns_identifier(const std::string& host) {
    return {acme::Identifier::Type::dns, host};
}

}  // namespace

RecordQuery::RecordQuery(const Parts& parts, bool with_dns, const std::string& host, Done done)
    : parts_(parts),
      with_dns_(with_dns),
      done_(std::move(done)),
      cas_(parts.settings.directories),
      hosts_(hosts_with_wildcards(parts.settings)),
      timer_(parts.network.worker,
             [this] {
                 const std::function<void()> step = std::exchange(step_, nullptr);
                 step();
             }),
      self_(std::make_shared<RecordQuery*>(this)) {
    if (const auto wanted = acme::read_identifier(host)) {
        const std::string value = wanted->is_wildcard() ? wanted->value.substr(2) : wanted->value;
        with_wildcards_ = wanted->is_wildcard() || std::find(hosts_.begin(), hosts_.end(), value) != hosts_.end();
        hosts_ = {value};
    } else if (hosts_.empty()) {
        problem_ =
            "no domain and no wildcard is configured, so no record is needed; `ferrotunnel acme record HOST` prints "
            "that of a host";
    }
    later([this] { next_ca(); });
}

RecordQuery::~RecordQuery() {
    *self_ = nullptr;
}

void RecordQuery::later(std::function<void()> step) {
    step_ = std::move(step);
    timer_.set_after(Duration::zero());
}

// The answer in a round of its own, if this still lives.
template <typename Answer>
std::function<void(const Answer&)> RecordQuery::calls(void (RecordQuery::*function)(const Answer&)) {
    return [self = self_, function](const Answer& answer) {
        if (*self != nullptr) {
            RecordQuery* const query = *self;
            query->later([query, function, answer] { (query->*function)(answer); });
        }
    };
}

void RecordQuery::next_ca() {
    probe_.reset();
    if (ca_ == cas_.size() || hosts_.empty()) {
        const Done done = std::move(done_);
        done(std::move(records_), records_.empty() ? problem_ : std::string());
        return;
    }
    parts_.accounts.get(cas_[ca_], calls(&RecordQuery::have_account));
}

void RecordQuery::have_account(const Accounts::Answer& account) {
    if (!account) {
        ca_failed(account.error());
        return;
    }
    account_ = account.value();
    parts_.directories.get(cas_[ca_], calls(&RecordQuery::have_directory));
}

void RecordQuery::have_directory(const DirectoryCache::Answer& known) {
    if (!known) {
        ca_failed(known.error());
        return;
    }
    const std::string seen = parts_.accounts.issuer(cas_[ca_]);
    if (!known.value().issuers.empty()) {
        have_issuer(known.value().issuers.front());
        return;
    }
    if (!seen.empty()) {
        have_issuer(seen);
        return;
    }
    const auto next = parts_.schedule.take(acme::PlannedOrder{{}, cas_[ca_], {}, true}, wall_now());
    if (!next || next.value()) {
        ca_failed(local_problem(next ? "the budget of orders at the CA is used up" : next.error()));
        return;
    }
    try {
        probe_ =
            std::make_unique<IssuerProbe>(parts_, account_, hosts_.front(), [this](const IssuerProbe::Answer& issuer) {
                later([this, issuer] {
                    if (issuer) {
                        parts_.accounts.keep_issuer(cas_[ca_], issuer.value());
                        have_issuer(issuer.value());
                    } else {
                        ca_failed(issuer.error());
                    }
                });
            });
    } catch (const std::exception& problem) {
        ca_failed(local_problem(problem.what()));
    }
}

void RecordQuery::have_issuer(const std::string& issuer) {
    issuer_ = issuer;
    host_ = 0;
    next_name();
}

void RecordQuery::next_name() {
    if (host_ == hosts_.size()) {
        ++ca_;
        next_ca();
        return;
    }
    const acme::Identifier host = dns_identifier(hosts_[host_]);
    records_.push_back({acme::persist_record_name(host),
                        acme::persist_record_value(issuer_, account_->url, with_wildcards_),
                        {},
                        {},
                        {}});
    if (with_dns_) {
        parts_.dns.text_records(records_.back().name, calls(&RecordQuery::have_records));
        return;
    }
    ++host_;
    next_name();
}

void RecordQuery::have_records(const DnsAnswer& answer) {
    PersistRecord& record = records_.back();
    record.problem = answer.error;
    if (answer.error.empty()) {
        const auto now = wall_now();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
        record.is_present = std::any_of(answer.values.begin(), answer.values.end(), [&](const std::string& text) {
            return acme::is_persist_record(text, {issuer_}, account_->url, with_wildcards_, seconds);
        });
        if (record.is_present == false) {
            record.others = shown_values(answer.values);
        }
    }
    ++host_;
    next_name();
}

void RecordQuery::ca_failed(const acme::Problem& problem) {
    parts_.log.warn("a CA has no record for DNS", {{"ca", cas_[ca_]}, {"reason", problem.text}});
    problem_ += (problem_.empty() ? "" : "; ") + cas_[ca_] + ": " + problem.text;
    ++ca_;
    next_ca();
}

}  // namespace ferrotunnel::issuance

// The TXT records for DNS-PERSIST-01: one for each name and CA.
//
//     for each CA: account -> the CA's name -> [for each name: DNS] -> next CA ... -> reported
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "issuance/issuer_probe.hpp"
#include "issuance/parts.hpp"
#include "issuance/status.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker.
class RecordQuery {
public:
    using Done = std::function<void(std::vector<PersistRecord>, std::string problem)>;

    /// `with_dns`: whether the records are looked up. `host`: of one record; empty: those of the settings. Calls `done`
    /// once, in a later round; it may destroy this.
    RecordQuery(const Parts& parts, bool with_dns, const std::string& host, Done done);
    ~RecordQuery();
    RecordQuery(const RecordQuery&) = delete;
    RecordQuery& operator=(const RecordQuery&) = delete;

private:
    void next_ca();
    void have_account(const Accounts::Answer& account);
    void have_directory(const DirectoryCache::Answer& known);
    void have_issuer(const std::string& issuer);
    void next_name();
    void have_records(const DnsAnswer& answer);
    void ca_failed(const acme::Problem& problem);
    void later(std::function<void()> step);
    template <typename Answer>
    std::function<void(const Answer&)> calls(void (RecordQuery::*function)(const Answer&));

    const Parts& parts_;
    const bool with_dns_;
    Done done_;
    const std::vector<std::string> cas_;
    std::vector<std::string> hosts_{};  // those of the settings have wildcards
    bool with_wildcards_ = true;
    std::size_t ca_ = 0;
    std::size_t host_ = 0;
    std::shared_ptr<acme::Account> account_{};
    std::string issuer_{};
    std::unique_ptr<IssuerProbe> probe_{};
    std::vector<PersistRecord> records_{};
    std::string problem_{};
    std::function<void()> step_{};
    runtime::Timer timer_;
    const std::shared_ptr<RecordQuery*> self_;  // null when destroyed before an answer arrives
};

}  // namespace ferrotunnel::issuance

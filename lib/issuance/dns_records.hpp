// TXT records that the operator's command sets for DNS-01.
//
//     add: remembered in the store -> command `add` ... command `remove` -> forgotten
//
// A process that is killed in between leaves the file. A process that finds it later, while no order may need the
// record, runs the command.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "acme/challenge.hpp"
#include "base/log.hpp"
#include "issuance/command_runner.hpp"
#include "issuance/settings.hpp"
#include "issuance/store.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker.
class DnsRecords {
public:
    struct Needs {
        const Store& store;
        CommandRunner& commands;
        Logger& log;
        const Settings& settings;
    };

    explicit DnsRecords(Needs needs) : needs_(needs) {}
    DnsRecords(const DnsRecords&) = delete;
    DnsRecords& operator=(const DnsRecords&) = delete;

    /// For the order with these files. Calls `done` once, now or in a later round.
    void add(const std::string& file, const acme::Challenge& challenge, const Command::Done& done);
    /// A failure is logged, and removing it is tried again later.
    void remove(const acme::Challenge& challenge);
    /// Removes records that nobody removes any more: of orders with these files, or of all. At most
    /// limits::left_records_max at once.
    void remove_left_over(WallTime now, const std::string& file = {});

private:
    void run_remove(const std::string& name, const std::string& value);
    bool is_left_over(const SavedRecord& record, WallTime now) const;
    std::vector<std::string> command(const char* action, const std::string& name, const std::string& value) const;

    const Needs needs_;
    std::set<std::string> removing_;  // values
};

}  // namespace ferrotunnel::issuance

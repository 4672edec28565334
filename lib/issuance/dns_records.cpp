#include "issuance/dns_records.hpp"

#include "issuance/limits.hpp"
#include "issuance/name_lock.hpp"
#include "issuance/store_file.hpp"
#include "issuance/wall_clock.hpp"

namespace ferrotunnel::issuance {

void DnsRecords::add(const std::string& file, const acme::Challenge& challenge, const Command::Done& done) {
    const SavedRecord record{file, challenge.record_name, challenge.record_value, wall_now()};
    if (std::string fault = needs_.store.write_record(record); !fault.empty()) {
        done(std::move(fault));
        return;
    }
    needs_.commands.run(command("add", record.name, record.value), needs_.settings.dns_command_time, done);
}

void DnsRecords::remove(const acme::Challenge& challenge) {
    if (!needs_.settings.dns_command.empty()) {
        run_remove(challenge.record_name, challenge.record_value);
    }
}

void DnsRecords::run_remove(const std::string& name, const std::string& value) {
    if (!removing_.insert(value).second) {
        return;
    }
    needs_.commands.run(
        command("remove", name, value), needs_.settings.dns_command_time,
        [this, name, value](const std::string& fault) {
            removing_.erase(value);
            if (fault.empty()) {
                needs_.store.remove_record(value);
            } else {
                needs_.log.warn("a TXT record cannot be removed", {{"record", name}, {"reason", fault}});
            }
        });
}

void DnsRecords::remove_left_over(WallTime now, const std::string& file) {
    std::size_t count = 0;
    for (const SavedRecord& record : needs_.store.records()) {
        if ((!file.empty() && record.file != file) || !is_left_over(record, now)) {
            continue;
        }
        const bool is_old = record.added > now || now - record.added >= limits::record_age_max;
        if (is_old) {
            needs_.log.warn("a TXT record was not removed, and is forgotten now; remove it by hand",
                            {{"record", record.name}, {"value", record.value}});
            needs_.store.remove_record(record.value);
        } else if (!needs_.settings.dns_command.empty() && ++count <= limits::left_records_max) {
            run_remove(record.name, record.value);
        }
    }
}

// Its order does not run, in any process, and will not be continued.
bool DnsRecords::is_left_over(const SavedRecord& record, WallTime now) const {
    NameLock lock;
    std::string fault;
    if (removing_.contains(record.value) || !lock.acquire(needs_.store.lock_file(record.file), fault)) {
        return false;
    }
    auto order = needs_.store.order(record.file);
    const bool is_needed = order && may_continue(*order, order->names, now);
    if (order) {
        wipe(order->key_pem);
    }
    return !is_needed;
}

std::vector<std::string> DnsRecords::command(const char* action, const std::string& name,
                                             const std::string& value) const {
    std::vector<std::string> words = needs_.settings.dns_command;
    words.insert(words.end(), {action, name, value});
    return words;
}

}  // namespace ferrotunnel::issuance

// Limits of issuance.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::issuance::limits {

/// Names that are ordered or renewed; further ones are logged once and ignored.
inline constexpr std::size_t names_max = 10'000;
/// Orders that run at once.
inline constexpr std::size_t orders_at_once_max = 4;
/// Of these, new names of one token.
inline constexpr std::size_t orders_per_token_at_once_max = 2;
/// Names without a certificate that one token may have, as a multiple of its orders per day.
inline constexpr std::size_t new_names_per_order = 4;
/// How long a certificate is renewed after its host was last offered; how long after its end its files are removed.
inline constexpr std::chrono::hours unoffered_max{30 * 24};
/// How long after its host was last offered, and after it was issued, a certificate's files are removed, whatever its
/// own lifetime: nobody misses it.
inline constexpr std::chrono::hours unwanted_max{365 * 24};
/// Of names_max, those that nobody wants here: published by other members of a cluster, neither offered nor configured.
/// Room for clients of other members that are offline, and a bound for a member that publishes without end.
inline constexpr std::size_t guest_names_max = names_max / 4;
/// How often it is saved that a host is offered, and examined whether a certificate is removed whose time has passed.
inline constexpr std::chrono::hours offered_interval{24};
/// How often it is examined whether the operator's own files still serve a name.
inline constexpr std::chrono::hours served_interval{1};
/// How long a way by which a CA could not validate a name is tried after the others: its cause may be gone.
inline constexpr std::chrono::hours failed_way_age{24};
/// How often a saved order is continued before another one replaces it.
inline constexpr unsigned resumes_max = 3;
/// How long other names avoid a CA that has limited one: the limit may be that name's only.
inline constexpr std::chrono::minutes limited_hold_max{15};
/// How far the clock of a CA may differ from ours.
inline constexpr std::chrono::hours clock_difference_max{1};
/// Orders per CA in three hours; Let's Encrypt allows 300.
inline constexpr std::size_t orders_per_ca = 250;
/// The longest file of the store that is read.
inline constexpr std::size_t file_max = 256 * 1'024;
/// How long one request to a CA may take.
inline constexpr std::chrono::seconds request_time{30};
/// How long one check that a name leads here may take.
inline constexpr std::chrono::seconds self_check_time{5};
/// Addresses of a name that are checked.
inline constexpr std::size_t addresses_max = 8;
/// How long one DNS lookup may take.
inline constexpr std::chrono::seconds dns_time{5};
/// How often a lock that another process holds is tried again.
inline constexpr std::chrono::seconds lock_interval{5};
/// Failures that schedule.json has: those of names_max names, and of as many that have no entry now.
inline constexpr std::size_t saved_failures_max = 2 * names_max;
/// How long a process waits for another one that reads and writes schedule.json.
inline constexpr std::chrono::seconds schedule_lock_time{2};
/// The longest schedule.json that is read: saved_failures_max failures, and the budgets.
inline constexpr std::size_t schedule_max = 32 * 1'024 * 1'024;
/// What is saved of a name's problem.
inline constexpr std::size_t saved_problem_max = 300;
/// TXT records of killed processes that are removed at once; more are removed the next time.
inline constexpr std::size_t left_records_max = 64;
/// How long removing one is tried, once in tidy_interval: the command or the zone may be gone forever.
inline constexpr std::chrono::hours record_age_max{48};
/// How often what killed processes left behind is looked for.
inline constexpr std::chrono::hours tidy_interval{1};
/// The longest answer of a challenge that another process has published: a key and a certificate.
inline constexpr std::size_t challenge_max = 8 * 1'024;
/// How old a saved order may be. CAs keep orders for a week; one that leads nowhere must not be continued forever.
inline constexpr std::chrono::hours order_age_max{24};
/// How long the directory of a CA is kept before it is requested again.
inline constexpr std::chrono::hours directory_time{1};
/// What is kept of a command's error output.
inline constexpr std::size_t command_output_max = 500;
/// Commands for DNS-01 that run at once; more wait.
inline constexpr std::size_t commands_at_once_max = 8;
/// Threads for DNS lookups: as many as orders that run at once.
inline constexpr std::size_t dns_threads_max = 4;
/// DNS lookups that wait for a thread; more fail.
inline constexpr std::size_t lookups_max = 1'024;
/// The longest answer of a resolver.
inline constexpr std::size_t dns_answer_max = 65'535;
/// TXT records and addresses of one answer that are read.
inline constexpr std::size_t dns_records_max = 64;
/// Other values of a TXT record that are shown, and what is shown of one.
inline constexpr std::size_t values_shown_max = 3;
inline constexpr std::size_t value_shown_max = 300;
/// How often the schedule is examined at least, since the system's time may be set.
inline constexpr std::chrono::seconds examine_interval{60};
/// How long the schedule may be saved after a change.
inline constexpr std::chrono::seconds save_delay{1};
/// Files that a killed process left behind are removed when they are this old: another process may be writing one.
inline constexpr std::chrono::hours left_over_age{24};
/// The same for answers to challenges: twice as long as an order takes.
inline constexpr std::chrono::minutes challenge_age{30};
/// How often a running command is examined.
inline constexpr std::chrono::milliseconds command_interval{20};

/// How long a local CA is valid: who trusts it once is not bound for ever.
inline constexpr std::chrono::hours local_ca_time{24 * 730};
/// How long before its end a local CA is reported.
inline constexpr std::chrono::hours local_ca_notice{24 * 60};
/// How long its certificates are valid, and how long before their end they are replaced.
inline constexpr std::chrono::hours local_time{24 * 90};
inline constexpr std::chrono::hours local_renewal{24 * 30};
/// How long after that it is kept for a host that nobody offers: a restarted server has no clients at first.
inline constexpr std::chrono::hours local_patience{24};
/// Hosts with a certificate of a local CA, each with a file of its own; a domain with its wildcard is one.
inline constexpr std::size_t local_hosts_max = 1'000;
/// Of these, hosts of one token: four tokens share them at least, and a developer has room.
inline constexpr std::size_t local_hosts_per_token_max = 250;
/// How long a new certificate of a local CA may wait for others, so that visitors' TLS reads them at once.
inline constexpr std::chrono::milliseconds local_gather_time{250};
/// Hosts outside the constraints of a local CA that are reported, and tokens with too many hosts; further
/// ones are not.
inline constexpr std::size_t local_reports_max = 100;
/// How often renewals of a local CA's certificates are examined.
inline constexpr std::chrono::seconds local_interval{60};

}  // namespace ferrotunnel::issuance::limits

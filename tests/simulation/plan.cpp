#include "simulation/plan.hpp"

#include <algorithm>

#include "base/units.hpp"

namespace ferrotunnel::simulation {
namespace {

using namespace std::chrono_literals;

Duration draw(SeededRandom& random, Duration low, Duration high) {
    return Duration(static_cast<Duration::rep>(
        random.between(static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count()))));
}

// --- nodes and network ----------------------------------------------------------------------------------------------

LinkShape draw_link(SeededRandom& random, bool tiny) {
    LinkShape link;
    link.delay = random.chance(40) ? draw(random, 1us, 500us) : draw(random, 1ms, 100ms);
    link.bytes_per_second =
        random.chance(50) ? random.between(20'000'000, 1'000'000'000) : random.between(500'000, 5'000'000);
    link.capacity = random.chance(70) ? random.between(64_KiB, 512_KiB) : random.between(1_KiB, 16_KiB);
    link.chop = tiny ? Chop::tiny : random.chance(50) ? Chop::anywhere : Chop::as_arrived;
    return link;
}

void draw_windows(SeededRandom& random, mux::Settings& settings) {
    if (random.chance(35)) {
        return;  // as in production
    }
    // Smaller windows would not carry the shortest frame that a sender cuts.
    settings.first_window = static_cast<std::uint32_t>(random.between(4_KiB, 64_KiB));
    settings.first_window_tight = static_cast<std::uint32_t>(random.between(4_KiB, settings.first_window));
    settings.opened_window = settings.first_window + static_cast<std::uint32_t>(random.below(128_KiB));
    settings.window_max = settings.opened_window + static_cast<std::uint32_t>(random.below(1_MiB));
    settings.send_queue_max = static_cast<std::uint32_t>(random.between(1, 64_KiB));
}

void draw_memory(SeededRandom& random, Plan& plan) {
    if (!random.chance(50)) {
        return;
    }
    plan.memory_is_short = random.chance(40);
    for (NodePlan& node : plan.node) {
        node.settings.budget = random.between(64_KiB, 2_MiB);
        node.settings.memory_hard =
            plan.memory_is_short ? node.settings.budget + random.between(128_KiB, 1_MiB) : limits::session_memory_hard;
        node.settings.outbound_max = random.between(1, 256_KiB);
    }
}

void draw_ids(SeededRandom& random, Plan& plan) {
    for (std::uint32_t i = 0; i < 2; ++i) {
        mux::Settings& settings = plan.node[i].settings;
        settings.role = i == 0 ? mux::Role::server : mux::Role::client;
        std::uint32_t parity = i == 0 ? 1 : 2;
        if (random.chance(10)) {
            plan.ids_run_out = true;
            settings.first_id =
                limits::stream_id_max / 2 * 2 - 2 * static_cast<std::uint32_t>(random.between(5, 60)) + parity;
        } else if (random.chance(30)) {
            settings.first_id = parity + 2 * static_cast<std::uint32_t>(random.below(1'000'000));
        }
        if (random.chance(10)) {
            plan.opens_are_limited = true;
            settings.streams_max = static_cast<std::uint32_t>(random.between(5, 60));
            settings.opens_max = static_cast<std::uint32_t>(random.between(3, 60));
            settings.opens_per_service_max = static_cast<std::uint32_t>(random.between(2, 60));
        }
    }
}

void draw_times(SeededRandom& random, mux::Settings& settings) {
    if (random.chance(50)) {
        settings.ping_interval = draw(random, 1s, 5s);
        settings.dead_interval = settings.ping_interval * 3 + draw(random, 0s, 5s);
        settings.write_timeout = draw(random, 5s, 20s);
    }
}

void draw_nodes(SeededRandom& random, Plan& plan) {
    plan.tiny_reads = random.chance(12);
    draw_ids(random, plan);
    draw_memory(random, plan);
    for (NodePlan& node : plan.node) {
        node.link = draw_link(random, plan.tiny_reads);
        node.slab_per_read = random.chance(50) && !plan.tiny_reads;
        node.several_reads = random.chance(30);
        node.pump_delay = random.chance(50) ? 0s : draw(random, 0s, 2ms);
        node.control_messages = random.chance(50) ? static_cast<std::uint32_t>(random.below(12)) : 0;
        draw_windows(random, node.settings);
        draw_times(random, node.settings);
    }
}

// --- streams --------------------------------------------------------------------------------------------------------

std::uint64_t draw_size(SeededRandom& random, std::uint64_t volume) {
    std::uint64_t kind = random.below(100);
    if (kind < 10) {
        return 0;
    }
    if (kind < 60) {
        return random.between(1, std::min<std::uint64_t>(2'000, volume));
    }
    if (kind < 92) {
        return random.between(1, std::min<std::uint64_t>(40'000, volume));
    }
    return random.between(1, volume);
}

wire::Code draw_code(SeededRandom& random) {
    static constexpr wire::Code codes[] = {wire::Code::cancelled, wire::Code::connection_reset, wire::Code::refused,
                                           wire::Code::internal, wire::Code::timeout};
    return codes[random.below(std::size(codes))];
}

void draw_sending(SeededRandom& random, HalfPlan& half, std::uint64_t volume) {
    half.send_bytes = draw_size(random, volume);
    static constexpr std::uint32_t chunks[] = {1, 100, 1'000, 4'096, 10'000, limits::data_payload_max};
    half.chunk_max = chunks[random.below(std::size(chunks))];
    if (half.send_bytes > 300 * std::uint64_t{half.chunk_max}) {
        half.chunk_max = limits::data_payload_max;
    }
    half.headroom = random.chance(60);
    half.flush_each = random.chance(30);
    half.start_delay = random.chance(70) ? 0s : draw(random, 0s, 3s);
    if (random.chance(25)) {
        half.burst_bytes =
            static_cast<std::uint32_t>(random.between(half.send_bytes / 20 + 1, half.send_bytes / 4 + 100));
        half.send_pause = draw(random, 1ms, 200ms);
    }
    std::uint64_t end = random.below(100);
    half.end = end < 84 ? HalfPlan::End::finish : end < 93 ? HalfPlan::End::reset : HalfPlan::End::abort;
    half.code = draw_code(random);
    half.linger = random.chance(15) ? draw(random, 0s, 40s) : random.chance(30) ? draw(random, 0s, 50ms) : 0s;
}

void draw_receiving(SeededRandom& random, HalfPlan& half, std::uint64_t expected) {
    half.partial = random.chance(30);
    if (random.chance(25)) {
        half.take_max = static_cast<std::uint32_t>(random.between(expected / 40 + 1, expected / 4 + 100));
        half.take_pause = draw(random, 1ms, 300ms);
    }
    if (random.chance(15)) {
        half.stall_at = random.below(expected + 1);
        half.stall_for = random.chance(70) ? draw(random, 10ms, 2s) : draw(random, 2s, 60s);
    }
    if (random.chance(5)) {
        half.end_at_received = random.below(expected + 1);
        half.end_at_received_aborts = random.chance(50);
    } else if (random.chance(4)) {
        half.stop_receiving_at = random.below(expected + 1);
    }
}

void draw_running(SeededRandom& random, HalfPlan& half) {
    half.foreign = random.chance(35);
    half.direct = !half.foreign && random.chance(60);
    half.wake_delay = random.chance(50) ? 0s : draw(random, 0s, 3ms);
}

void draw_answer(SeededRandom& random, Plan& plan, HalfPlan& half) {
    std::uint64_t answer = random.below(100);
    using Answer = HalfPlan::Answer;
    half.answer = answer < 90   ? Answer::accept
                  : answer < 95 ? Answer::refuse_reset
                  : answer < 98 ? Answer::refuse_abort
                                : Answer::never;
    half.answer_delay = random.chance(50) ? 0s : draw(random, 0s, 500ms);
    if (plan.streams_are_slow_to_answer && random.chance(10)) {
        half.answer_delay = draw(random, 15s, 25s);
    }
}

StreamPlan draw_stream(SeededRandom& random, Plan& plan, std::uint64_t volume, Duration spread, bool client_opens) {
    StreamPlan stream;
    stream.opener = client_opens && random.chance(30) ? 1 : 0;
    stream.open_at = random.chance(30) ? 0s : draw(random, 0s, spread);
    stream.service = static_cast<std::uint32_t>(random.below(3));
    for (HalfPlan& half : stream.half) {
        draw_sending(random, half, volume);
        draw_running(random, half);
    }
    stream.datagrams = random.chance(4) && !plan.tiny_reads;
    if (stream.datagrams) {
        for (HalfPlan& half : stream.half) {
            half.datagrams = static_cast<std::uint32_t>(random.between(1, 60));
            half.send_pause = random.chance(50) ? 0s : draw(random, 0s, 20ms);
        }
    }
    draw_receiving(random, stream.half[0], stream.half[1].send_bytes);
    draw_receiving(random, stream.half[1], stream.half[0].send_bytes);
    draw_answer(random, plan, stream.half[1]);
    stream.half[1].answer_after_fin = random.chance(20);
    if (stream.half[1].answer_after_fin) {
        stream.half[1].stop_receiving_at = UINT64_MAX;
    }
    return stream;
}

void draw_streams(SeededRandom& random, Plan& plan) {
    std::uint64_t count = random.between(50, 120);
    std::uint64_t volume = random.between(64_KiB, 2_MiB);
    if (plan.tiny_reads) {
        count = random.between(50, 60);
        volume = 3'000;
    }
    Duration spread = random.chance(60) ? draw(random, 10ms, 2s) : draw(random, 2s, 30s);
    bool client_opens = random.chance(40);
    plan.streams_are_slow_to_answer = random.chance(20);
    for (std::uint64_t i = 0; i < count; ++i) {
        plan.streams.push_back(draw_stream(random, plan, volume, spread, client_opens));
    }
}

// --- faults ---------------------------------------------------------------------------------------------------------

FaultPlan draw_fault(SeededRandom& random) {
    static constexpr FaultKind survivable[] = {FaultKind::stall, FaultKind::stall, FaultKind::drain};
    static constexpr FaultKind deadly[] = {FaultKind::cut,          FaultKind::cut,   FaultKind::silence,
                                           FaultKind::silence_both, FaultKind::fail,  FaultKind::fail_inside,
                                           FaultKind::lose,         FaultKind::rogue, FaultKind::ping_flood};
    FaultPlan fault;
    // Most sessions live, so that the end of every stream is seen.
    bool lives = random.chance(65);
    fault.kind = lives ? survivable[random.below(std::size(survivable))] : deadly[random.below(std::size(deadly))];
    fault.node = static_cast<std::uint32_t>(random.below(2));
    fault.at = random.chance(60)   ? draw(random, 100ms, 3s)
               : random.chance(30) ? draw(random, 0s, 100ms)
                                   : draw(random, 3s, 20s);
    fault.at_byte = random.chance(30) ? random.below(20'000) : random.below(2'000'000);
    fault.lasts = random.chance(80) ? draw(random, 1ms, 3s) : draw(random, 3s, 60s);
    fault.variant = static_cast<std::uint32_t>(random.below(1'000));
    return fault;
}

}  // namespace

const char* name_of(FaultKind kind) noexcept {
    static constexpr const char* names[] = {"none", "cut",         "stall", "silence", "silence_both", "drain",
                                            "fail", "fail_inside", "lose",  "rogue",   "ping_flood"};
    return names[static_cast<std::size_t>(kind)];
}

Plan make_plan(SeededRandom& random) {
    Plan plan;
    draw_nodes(random, plan);
    draw_streams(random, plan);
    std::uint64_t faults = random.chance(20) ? 2 : 1;
    for (std::uint64_t i = 0; i < faults; ++i) {
        plan.faults.push_back(draw_fault(random));
    }
    return plan;
}

void add_resumes(std::uint64_t seed, Plan& plan) {
    SeededRandom random(seed * 0x9e37'79b9'7f4a'7c15 + 1);
    ResumePlan& resume = plan.resume;
    // Bytes that are made by hand would be counted by one side alone.
    const bool by_hand = std::any_of(plan.faults.begin(), plan.faults.end(), [](const FaultPlan& fault) {
        return fault.kind == FaultKind::rogue || fault.kind == FaultKind::ping_flood;
    });
    resume.on = random.chance(45) && !by_hand;
    if (!resume.on) {
        return;
    }
    resume.window = random.chance(70) ? 30s : draw(random, 10s, 60s);
    for (NodePlan& node : plan.node) {
        node.settings.resume = resume.window;
        node.settings.resume_memory =
            random.chance(40) ? random.between(128_KiB, 512_KiB) : random.between(1_MiB, 16_MiB);
    }
    for (std::uint64_t cuts = random.between(1, 6); cuts > 0; --cuts) {
        CutPlan& cut = resume.cuts.emplace_back();
        const std::uint64_t kind = random.below(100);
        cut.kind = kind < 75 ? CutPlan::Kind::at_byte : kind < 92 ? CutPlan::Kind::at_time : CutPlan::Kind::silence;
        cut.direction = static_cast<std::uint32_t>(random.below(2));
        const std::uint64_t where = random.below(100);
        cut.byte = where < 40   ? random.below(64)  // the resume itself, and what follows at once
                   : where < 75 ? random.below(20'000)
                                : random.below(1'000'000);
        cut.after = random.chance(60) ? draw(random, 0ms, 1s) : draw(random, 1s, 8s);
    }
}

}  // namespace ferrotunnel::simulation

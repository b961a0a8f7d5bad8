//! What each part may use, and how long things count: from the file's numbers to the parts' own limits.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use ipnet::IpNet;

use super::SettingsError;
use super::bounds::{count, non_zero, number, positive, span};
use super::defaults as default;
use super::file::ConfigFile;
use crate::front::authority::FrontLimits;
use crate::front::listen::{TcpLimits, UDP_THREADS_MAX, UdpPath};
use crate::front::nearby::NEARBY;
use crate::oracle::gather::GatherLimits;
use crate::oracle::upstream::UpstreamLimits;
use crate::oracle::{ClientBudget, Lifetimes, Limits};

/// What clients are granted.
pub(super) fn front(
    file: &ConfigFile,
    allow_query: Option<Vec<IpNet>>,
) -> Result<FrontLimits, SettingsError> {
    Ok(FrontLimits {
        allow_query: allow_query.unwrap_or_else(|| NEARBY.to_vec()),
        answer_deadline: positive(
            "answer_deadline",
            file.answer_deadline,
            default::ANSWER_DEADLINE,
        )?,
        pending_answers_max: count(
            "pending_answers",
            file.pending_answers,
            default::PENDING_ANSWERS,
        )?,
        responses_per_second: non_zero(
            "responses_per_second",
            file.responses_per_second,
            default::RESPONSES_PER_SECOND,
        )?,
    })
}

/// What TCP clients may use.
pub(super) fn tcp(file: &ConfigFile) -> Result<TcpLimits, SettingsError> {
    Ok(TcpLimits {
        connections_max: count(
            "tcp_connections",
            file.tcp_connections,
            default::TCP_CONNECTIONS,
        )?,
        idle: positive("tcp_idle", file.tcp_idle, default::TCP_IDLE)?,
    })
}

/// How UDP queries are read.
pub(super) fn udp(file: &ConfigFile, addresses: usize) -> Result<UdpPath, SettingsError> {
    let threads = count("udp_threads", file.udp_threads, default::UDP_THREADS)?;
    if threads.saturating_mul(addresses) > UDP_THREADS_MAX {
        return Err(SettingsError::Value {
            key: "udp_threads",
            value: threads.to_string(),
            why: "each address has so many, and all together at most 256",
        });
    }
    let processors = thread::available_parallelism().map_or(threads, NonZero::get);
    Ok(if file.fast_path.unwrap_or(true) {
        UdpPath::Fast {
            threads: threads.min(processors),
        }
    } else {
        UdpPath::Plain
    })
}

/// What one upstream question may cost.
pub(super) fn upstream(file: &ConfigFile) -> Result<UpstreamLimits, SettingsError> {
    Ok(UpstreamLimits {
        query_timeout: positive("query_timeout", file.query_timeout, default::QUERY_TIMEOUT)?,
        query_tries: count("query_tries", file.query_tries, default::QUERY_TRIES)?,
        cnames_max: count("max_cnames", file.max_cnames, default::MAX_CNAMES)?,
        queries_max: count(
            "upstream_queries",
            file.upstream_queries,
            default::UPSTREAM_QUERIES,
        )?,
    })
}

/// What the oracle may use.
pub(super) fn oracle(file: &ConfigFile) -> Result<Limits, SettingsError> {
    let evaluation_deadline = positive(
        "evaluation_deadline",
        file.evaluation_deadline,
        default::EVALUATION_DEADLINE,
    )?;
    let cache_mib = count("cache_mib", file.cache_mib, default::CACHE_MIB)?;
    Ok(Limits {
        evaluations_max: count("evaluations", file.evaluations, default::EVALUATIONS)?,
        waiting_max: number(file.waiting.unwrap_or(default::WAITING)),
        evaluation_deadline,
        evaluations_per_second: non_zero(
            "evaluations_per_second",
            file.evaluations_per_second,
            default::EVALUATIONS_PER_SECOND,
        )?,
        client_budget: ClientBudget {
            per_second: non_zero(
                "client_evaluations_per_second",
                file.client_evaluations_per_second,
                default::CLIENT_EVALUATIONS_PER_SECOND,
            )?,
            burst: non_zero(
                "client_evaluations_burst",
                file.client_evaluations_burst,
                default::CLIENT_EVALUATIONS_BURST,
            )?,
        },
        memory_octets: cache_mib.saturating_mul(1 << 20),
        gather: GatherLimits {
            mx_hosts_max: count("max_mx_hosts", file.max_mx_hosts, default::MAX_MX_HOSTS)?,
            hosts_per_domain_max: count(
                "max_hosts_per_domain",
                file.max_hosts_per_domain,
                default::MAX_HOSTS_PER_DOMAIN,
            )?,
            extra_queries_max: count(
                "max_extra_queries",
                file.max_extra_queries,
                default::MAX_EXTRA_QUERIES,
            )?,
        },
    })
}

/// How long verdicts count, checked against each other.
pub(super) fn lifetimes(file: &ConfigFile) -> Result<Lifetimes, SettingsError> {
    let lifetimes = Lifetimes {
        min_ttl: span(file.min_ttl, default::MIN_TTL),
        max_ttl: span(file.max_ttl, default::MAX_TTL),
        undecided_min_ttl: span(file.undecided_min_ttl, default::UNDECIDED_MIN_TTL),
        undecided_max_ttl: span(file.undecided_max_ttl, default::UNDECIDED_MAX_TTL),
        serve_stale: span(file.serve_stale, default::SERVE_STALE),
        stale_ttl: span(file.stale_ttl, default::STALE_TTL),
        refresh_ahead_percent: file
            .refresh_ahead_percent
            .unwrap_or(default::REFRESH_AHEAD_PERCENT),
    };
    let time = |time: Duration| humantime::format_duration(time).to_string();
    let wrong = |key, value, why| Err(SettingsError::Value { key, value, why });
    if lifetimes.min_ttl > lifetimes.max_ttl {
        return wrong(
            "min_ttl",
            time(lifetimes.min_ttl),
            "it is longer than max_ttl",
        );
    }
    // RFC 9520, section 3.2: failures are kept for a second at least and five minutes at most.
    if lifetimes.undecided_min_ttl < Duration::from_secs(1) {
        return wrong(
            "undecided_min_ttl",
            time(lifetimes.undecided_min_ttl),
            "RFC 9520 asks for 1s at least",
        );
    }
    if lifetimes.undecided_max_ttl > Duration::from_secs(300) {
        return wrong(
            "undecided_max_ttl",
            time(lifetimes.undecided_max_ttl),
            "RFC 9520 allows 5m at most",
        );
    }
    if lifetimes.undecided_min_ttl > lifetimes.undecided_max_ttl {
        return wrong(
            "undecided_min_ttl",
            time(lifetimes.undecided_min_ttl),
            "it is longer than undecided_max_ttl",
        );
    }
    if lifetimes.refresh_ahead_percent > 50 {
        return wrong(
            "refresh_ahead_percent",
            lifetimes.refresh_ahead_percent.to_string(),
            "it must be 50 at most",
        );
    }
    Ok(lifetimes)
}

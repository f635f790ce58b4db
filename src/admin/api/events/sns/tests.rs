//! Messages of SNS, genuine and not.

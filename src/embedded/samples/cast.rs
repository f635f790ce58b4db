//! The sample avatars themselves: twelve animals and friends, and the one for who has none.

use super::picture::{Picture, Shape, card, dot, line, oval, polygon};

const INK: u32 = 0x1f_1b2e;
const WHITE: u32 = 0xff_ffff;

pub(super) static FOX: Picture = Picture {
    top: 0xff_d9a0,
    bottom: 0xff_8f6b,
    shapes: &[
        polygon(&[(17.0, 14.0), (44.0, 34.0), (20.0, 54.0)], 0xd9_4f1e),
        polygon(&[(83.0, 14.0), (56.0, 34.0), (80.0, 54.0)], 0xd9_4f1e),
        polygon(&[(23.0, 24.0), (38.0, 35.0), (25.0, 46.0)], 0x5b_2333),
        polygon(&[(77.0, 24.0), (62.0, 35.0), (75.0, 46.0)], 0x5b_2333),
        oval(50.0, 57.0, 33.0, 28.0, 0.0, 0xee_6a2c),
        oval(35.0, 69.0, 15.0, 12.0, 25.0, 0xff_f4e6),
        oval(65.0, 69.0, 15.0, 12.0, -25.0, 0xff_f4e6),
        oval(50.0, 78.0, 12.0, 11.0, 0.0, 0xff_f4e6),
        dot(36.0, 53.0, 4.5, INK),
        dot(64.0, 53.0, 4.5, INK),
        dot(37.6, 51.4, 1.5, WHITE),
        dot(65.6, 51.4, 1.5, WHITE),
        oval(50.0, 72.0, 5.5, 4.2, 0.0, INK),
    ],
};

pub(super) static CAT: Picture = Picture {
    top: 0xc9_b6ff,
    bottom: 0x7c_5ce0,
    shapes: &[
        polygon(&[(20.0, 16.0), (46.0, 34.0), (21.0, 56.0)], 0x3b_3357),
        polygon(&[(80.0, 16.0), (54.0, 34.0), (79.0, 56.0)], 0x3b_3357),
        polygon(&[(26.0, 26.0), (39.0, 35.0), (27.0, 45.0)], 0xff_9fb8),
        polygon(&[(74.0, 26.0), (61.0, 35.0), (73.0, 45.0)], 0xff_9fb8),
        oval(50.0, 58.0, 33.0, 28.0, 0.0, 0x3b_3357),
        oval(37.0, 54.0, 8.0, 9.0, 0.0, 0xf7_e463),
        oval(63.0, 54.0, 8.0, 9.0, 0.0, 0xf7_e463),
        oval(37.0, 54.0, 2.4, 7.5, 0.0, INK),
        oval(63.0, 54.0, 2.4, 7.5, 0.0, INK),
        polygon(&[(46.0, 66.0), (54.0, 66.0), (50.0, 71.0)], 0xff_9fb8),
        line((50.0, 71.0), (48.0, 77.0), (41.0, 75.0), 1.8, 0xff_9fb8),
        line((50.0, 71.0), (52.0, 77.0), (59.0, 75.0), 1.8, 0xff_9fb8),
        line((27.0, 68.0), (18.0, 66.0), (10.0, 67.0), 1.2, WHITE),
        line((27.0, 72.0), (18.0, 73.0), (11.0, 76.0), 1.2, WHITE),
        line((73.0, 68.0), (82.0, 66.0), (90.0, 67.0), 1.2, WHITE),
        line((73.0, 72.0), (82.0, 73.0), (89.0, 76.0), 1.2, WHITE),
    ],
};

pub(super) static PANDA: Picture = Picture {
    top: 0xb8_f0cf,
    bottom: 0x4f_b98a,
    shapes: &[
        dot(24.0, 31.0, 13.0, 0x2a_2a35),
        dot(76.0, 31.0, 13.0, 0x2a_2a35),
        oval(50.0, 56.0, 35.0, 31.0, 0.0, 0xfd_fdfd),
        oval(35.0, 53.0, 9.5, 12.0, 28.0, 0x2a_2a35),
        oval(65.0, 53.0, 9.5, 12.0, -28.0, 0x2a_2a35),
        dot(37.0, 52.0, 4.2, WHITE),
        dot(63.0, 52.0, 4.2, WHITE),
        dot(37.6, 52.6, 2.4, INK),
        dot(62.4, 52.6, 2.4, INK),
        oval(50.0, 66.0, 5.0, 3.6, 0.0, 0x2a_2a35),
        line((42.0, 73.0), (50.0, 80.0), (58.0, 73.0), 2.2, 0x2a_2a35),
        oval(26.0, 68.0, 5.0, 3.2, 0.0, 0xff_c3cf),
        oval(74.0, 68.0, 5.0, 3.2, 0.0, 0xff_c3cf),
    ],
};

pub(super) static OWL: Picture = Picture {
    top: 0x2f_3b73,
    bottom: 0x18_1d42,
    shapes: &[
        dot(20.0, 20.0, 1.6, 0xff_f3b0),
        dot(82.0, 26.0, 1.3, 0xff_f3b0),
        dot(70.0, 10.0, 1.8, 0xff_f3b0),
        polygon(&[(22.0, 22.0), (48.0, 36.0), (24.0, 50.0)], 0x8a_5a3c),
        polygon(&[(78.0, 22.0), (52.0, 36.0), (76.0, 50.0)], 0x8a_5a3c),
        oval(50.0, 64.0, 31.0, 36.0, 0.0, 0x8a_5a3c),
        oval(50.0, 84.0, 20.0, 22.0, 0.0, 0xe9_c79b),
        dot(36.0, 51.0, 15.0, 0xf6_e2c4),
        dot(64.0, 51.0, 15.0, 0xf6_e2c4),
        dot(36.0, 51.0, 9.5, 0xff_b52e),
        dot(64.0, 51.0, 9.5, 0xff_b52e),
        dot(36.0, 51.0, 5.4, INK),
        dot(64.0, 51.0, 5.4, INK),
        dot(38.2, 48.8, 1.9, WHITE),
        dot(66.2, 48.8, 1.9, WHITE),
        polygon(&[(45.0, 59.0), (55.0, 59.0), (50.0, 70.0)], 0xff_8c32),
    ],
};

pub(super) static ROBOT: Picture = Picture {
    top: 0x9f_e7ff,
    bottom: 0x2b_8fd6,
    shapes: &[
        line((50.0, 26.0), (50.0, 20.0), (50.0, 14.0), 3.0, 0x37_4a5e),
        dot(50.0, 13.0, 5.0, 0xff_5d6c),
        card((9.0, 46.0), (10.0, 20.0), 4.0, 0x37_4a5e),
        card((81.0, 46.0), (10.0, 20.0), 4.0, 0x37_4a5e),
        card((17.0, 26.0), (66.0, 56.0), 14.0, 0xe8_eef4),
        card((24.0, 36.0), (52.0, 24.0), 11.0, 0x23_3142),
        dot(38.0, 48.0, 6.5, 0x5d_f2c8),
        dot(62.0, 48.0, 6.5, 0x5d_f2c8),
        dot(40.0, 46.0, 2.0, WHITE),
        dot(64.0, 46.0, 2.0, WHITE),
        card((34.0, 67.0), (32.0, 7.0), 3.5, 0x37_4a5e),
        card((40.0, 67.0), (2.0, 7.0), 0.5, 0xe8_eef4),
        card((49.0, 67.0), (2.0, 7.0), 0.5, 0xe8_eef4),
        card((58.0, 67.0), (2.0, 7.0), 0.5, 0xe8_eef4),
    ],
};

pub(super) static FROG: Picture = Picture {
    top: 0xff_f0a3,
    bottom: 0xf7_c948,
    shapes: &[
        dot(30.0, 36.0, 14.0, 0x57_b947),
        dot(70.0, 36.0, 14.0, 0x57_b947),
        oval(50.0, 60.0, 37.0, 28.0, 0.0, 0x57_b947),
        oval(50.0, 72.0, 27.0, 13.0, 0.0, 0xa9_e08a),
        dot(30.0, 35.0, 9.0, WHITE),
        dot(70.0, 35.0, 9.0, WHITE),
        dot(31.5, 36.0, 4.6, INK),
        dot(68.5, 36.0, 4.6, INK),
        line((28.0, 62.0), (50.0, 80.0), (72.0, 62.0), 2.8, 0x1f_5b2a),
        dot(45.0, 54.0, 1.5, 0x1f_5b2a),
        dot(55.0, 54.0, 1.5, 0x1f_5b2a),
        oval(22.0, 62.0, 5.0, 3.4, 0.0, 0xff_a5a5),
        oval(78.0, 62.0, 5.0, 3.4, 0.0, 0xff_a5a5),
    ],
};

pub(super) static PENGUIN: Picture = Picture {
    top: 0xd8_f3ff,
    bottom: 0x8c_cbe8,
    shapes: &[
        oval(50.0, 64.0, 35.0, 44.0, 0.0, 0x24_2b47),
        oval(39.0, 56.0, 15.0, 18.0, 0.0, WHITE),
        oval(61.0, 56.0, 15.0, 18.0, 0.0, WHITE),
        oval(50.0, 82.0, 25.0, 28.0, 0.0, WHITE),
        dot(38.0, 50.0, 4.4, INK),
        dot(62.0, 50.0, 4.4, INK),
        dot(39.5, 48.5, 1.4, WHITE),
        dot(63.5, 48.5, 1.4, WHITE),
        polygon(&[(41.0, 58.0), (59.0, 58.0), (50.0, 70.0)], 0xff_a12b),
        polygon(&[(44.0, 58.0), (56.0, 58.0), (50.0, 62.0)], 0xff_c05c),
        oval(29.0, 62.0, 4.6, 3.0, 0.0, 0xff_c3cf),
        oval(71.0, 62.0, 4.6, 3.0, 0.0, 0xff_c3cf),
        card((18.0, 84.0), (64.0, 26.0), 7.0, 0xe8_4a5f),
    ],
};

pub(super) static BEAR: Picture = Picture {
    top: 0xff_c2d4,
    bottom: 0xf0_6f9b,
    shapes: &[
        dot(25.0, 33.0, 13.0, 0x8f_5b3a),
        dot(75.0, 33.0, 13.0, 0x8f_5b3a),
        dot(25.0, 33.0, 7.0, 0xd7_a27a),
        dot(75.0, 33.0, 7.0, 0xd7_a27a),
        oval(50.0, 57.0, 34.0, 31.0, 0.0, 0x8f_5b3a),
        oval(50.0, 69.0, 18.0, 14.0, 0.0, 0xe8_c4a0),
        dot(36.0, 52.0, 4.2, INK),
        dot(64.0, 52.0, 4.2, INK),
        dot(37.4, 50.6, 1.4, WHITE),
        dot(65.4, 50.6, 1.4, WHITE),
        oval(50.0, 63.0, 6.0, 4.2, 0.0, INK),
        line((50.0, 67.0), (50.0, 70.0), (50.0, 71.0), 2.0, INK),
        line((43.0, 73.0), (50.0, 78.0), (57.0, 73.0), 2.0, INK),
    ],
};

pub(super) static ALIEN: Picture = Picture {
    top: 0x3a_1f5d,
    bottom: 0x12_0b2e,
    shapes: &[
        dot(16.0, 40.0, 1.4, WHITE),
        dot(86.0, 34.0, 1.8, WHITE),
        dot(80.0, 74.0, 1.2, WHITE),
        dot(22.0, 76.0, 1.6, WHITE),
        line((40.0, 28.0), (36.0, 18.0), (30.0, 14.0), 2.4, 0x8d_f06b),
        line((60.0, 28.0), (64.0, 18.0), (70.0, 14.0), 2.4, 0x8d_f06b),
        dot(30.0, 14.0, 4.2, 0xff_7ad9),
        dot(70.0, 14.0, 4.2, 0xff_7ad9),
        oval(50.0, 50.0, 29.0, 27.0, 0.0, 0x8d_f06b),
        oval(50.0, 66.0, 20.0, 22.0, 0.0, 0x8d_f06b),
        oval(38.0, 52.0, 7.5, 12.0, -28.0, INK),
        oval(62.0, 52.0, 7.5, 12.0, 28.0, INK),
        dot(36.5, 47.0, 2.4, WHITE),
        dot(60.5, 47.0, 2.4, WHITE),
        line((43.0, 77.0), (50.0, 81.0), (57.0, 77.0), 2.0, 0x24_6b2a),
    ],
};

pub(super) static RABBIT: Picture = Picture {
    top: 0xa6_f0e6,
    bottom: 0x38_b6ac,
    shapes: &[
        oval(35.0, 26.0, 8.5, 24.0, -10.0, 0xfb_f7f2),
        oval(65.0, 26.0, 8.5, 24.0, 10.0, 0xfb_f7f2),
        oval(35.0, 28.0, 4.2, 17.0, -10.0, 0xff_b8c9),
        oval(65.0, 28.0, 4.2, 17.0, 10.0, 0xff_b8c9),
        oval(50.0, 64.0, 31.0, 27.0, 0.0, 0xfb_f7f2),
        dot(37.0, 60.0, 4.4, INK),
        dot(63.0, 60.0, 4.4, INK),
        dot(38.5, 58.5, 1.5, WHITE),
        dot(64.5, 58.5, 1.5, WHITE),
        oval(50.0, 69.0, 4.0, 3.0, 0.0, 0xff_7f9f),
        card((46.4, 76.0), (3.4, 7.0), 1.2, 0xd9_d4cd),
        card((50.2, 76.0), (3.4, 7.0), 1.2, 0xd9_d4cd),
        line((50.0, 72.0), (48.0, 78.0), (42.0, 76.0), 1.8, INK),
        line((50.0, 72.0), (52.0, 78.0), (58.0, 76.0), 1.8, INK),
        oval(28.0, 71.0, 5.0, 3.2, 0.0, 0xff_c9d6),
        oval(72.0, 71.0, 5.0, 3.2, 0.0, 0xff_c9d6),
    ],
};

pub(super) static CHICK: Picture = Picture {
    top: 0x9a_c7ff,
    bottom: 0x4d_7fe6,
    shapes: &[
        line((50.0, 28.0), (46.0, 18.0), (40.0, 17.0), 3.2, 0xff_b400),
        line((50.0, 28.0), (51.0, 17.0), (58.0, 13.0), 3.2, 0xff_b400),
        dot(50.0, 62.0, 36.0, 0xff_db4d),
        oval(17.0, 70.0, 7.0, 14.0, 18.0, 0xff_c91f),
        oval(83.0, 70.0, 7.0, 14.0, -18.0, 0xff_c91f),
        dot(36.0, 54.0, 4.6, INK),
        dot(64.0, 54.0, 4.6, INK),
        dot(37.6, 52.4, 1.6, WHITE),
        dot(65.6, 52.4, 1.6, WHITE),
        polygon(&[(40.0, 63.0), (60.0, 63.0), (50.0, 56.0)], 0xff_8a1f),
        polygon(&[(40.0, 64.0), (60.0, 64.0), (50.0, 72.0)], 0xe8_6f0c),
        oval(28.0, 64.0, 5.4, 3.4, 0.0, 0xff_ae80),
        oval(72.0, 64.0, 5.4, 3.4, 0.0, 0xff_ae80),
    ],
};

pub(super) static GHOST: Picture = Picture {
    top: 0xff_9e7d,
    bottom: 0xb9_3b8f,
    shapes: &[
        oval(50.0, 50.0, 29.0, 32.0, 0.0, 0xfb_f6ff),
        card((21.0, 48.0), (58.0, 34.0), 2.0, 0xfb_f6ff),
        dot(30.7, 82.0, 9.7, 0xfb_f6ff),
        dot(50.0, 82.0, 9.7, 0xfb_f6ff),
        dot(69.3, 82.0, 9.7, 0xfb_f6ff),
        oval(40.0, 47.0, 5.2, 7.2, 0.0, INK),
        oval(60.0, 47.0, 5.2, 7.2, 0.0, INK),
        dot(41.8, 44.4, 1.8, WHITE),
        dot(61.8, 44.4, 1.8, WHITE),
        oval(50.0, 62.0, 5.0, 6.0, 0.0, INK),
        oval(50.0, 65.0, 3.2, 2.6, 0.0, 0xff_7f9f),
        oval(31.0, 57.0, 4.8, 3.0, 0.0, 0xff_c3dd),
        oval(69.0, 57.0, 4.8, 3.0, 0.0, 0xff_c3dd),
    ],
};

const SHADE: u32 = 0xf4_f5f8;

pub(super) static NOBODY: Picture = Picture {
    top: 0xc3_c9d6,
    bottom: 0x93_9cb0,
    shapes: &[SHOULDERS, HEAD],
};

const SHOULDERS: Shape = oval(50.0, 94.0, 33.0, 30.0, 0.0, SHADE);
const HEAD: Shape = dot(50.0, 41.0, 18.0, SHADE);
